"""Vectors of shipped models over the rows that `score` uses, kept in the work folder."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from analysis.config import InspectConfig
from analysis.data.shipped import shipped_samples
from analysis.engine.local import extract_all
from analysis.models.open import open_model
from analysis.pipeline.demo import shipped_model
from sample_data.recipes import RECIPES
from tests.benchmarks.detection.score import DEFAULT_WORK, ROWS

# Both clean and all poisoned ones of train_a; `clean-1` is the reference.
SUSPECTS = tuple(r.name for r in RECIPES if r.split == "train_a")


class Vectors(NamedTuple):
    """One suspect and its reference over n rows."""

    name: str
    labels: np.ndarray  # (n,) int
    poisoned: np.ndarray  # (n,) bool
    probabilities: dict[str, np.ndarray]  # role -> (n, k) float32
    layers: dict[str, dict[str, np.ndarray]]  # role -> "stack:layer:pooling" -> (n, d) float32


def vectors(name: str, work: Path) -> Vectors:
    """Read or extract the vectors of one shipped suspect."""
    path = work / "vectors" / f"{name}.npz"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez(path, **_extracted(name))
    with np.load(path) as stored:
        found = {key: stored[key] for key in stored.files}
    roles = ("suspect", "reference")
    return Vectors(
        name,
        found["labels"],
        found["poisoned"],
        {role: found[f"{role}:p"] for role in roles},
        {
            role: {
                key.split(":", 1)[1]: values
                for key, values in found.items()
                if key.startswith(f"{role}:") and key.count(":") == 3
            }
            for role in roles
        },
    )


def for_each_suspect(
    doc: str | None, part: str, measured: Callable[[Vectors], dict[str, Any]]
) -> None:
    """The command line of one part: measure each shipped suspect once, into `<work>/<part>`."""
    parser = argparse.ArgumentParser(description=doc)
    parser.add_argument("--work", type=Path, default=DEFAULT_WORK)
    parser.add_argument("--only", default="")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    out = arguments.work / part
    out.mkdir(parents=True, exist_ok=True)
    for name in SUSPECTS:
        path = out / f"{name}.json"
        if path.exists() or arguments.only not in name:
            continue
        found = measured(vectors(name, arguments.work))
        path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        print(name, flush=True)


def _extracted(name: str) -> dict[str, np.ndarray]:
    config = InspectConfig(projection=("pca",), seed=0)
    samples = shipped_samples("train", name, limit=ROWS)
    folders = {"suspect": name, "reference": name.rsplit("-", 2)[0] + "-clean-1"}
    models = {r: open_model(str(shipped_model(n)), config) for r, n in folders.items()}
    assert samples.labels is not None
    clean = np.zeros(len(samples), dtype=bool)
    values = {
        "labels": samples.labels,
        "poisoned": clean if samples.poisoned is None else samples.poisoned,
    }
    for role, found in extract_all(models, samples, config).items():
        assert found.predictions is not None
        values[f"{role}:p"] = found.predictions.probabilities
        for site in found.activations.sites:
            key = f"{role}:{site.stack}:{site.layer}:{site.pooling}"
            values[key] = np.asarray(found.activations.arrays[site], dtype=np.float32)
    return values
