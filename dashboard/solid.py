"""Three-dimensional maps: the first three joint principal components that a run stored.

Every stored map file holds them, whatever its method: neighbour graphs are built on them.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis.runs.run import Run

METHOD = "pca3"  # as the URL names it; runs never store it
_MAKERS = ("pca", "umap", "tsne")


class Solid(NamedTuple):
    """Points of every layer with a stored map."""

    points: pd.DataFrame  # sample_id, model, layer, x, y, z
    shares: Mapping[int, float]  # layer -> share of the joint variance in the three axes


def solid_layers(run: Run, stack: str, pooling: str) -> dict[int, str]:
    """Layer -> name of a stored map file of this stack and pooling."""
    found: dict[int, str] = {}
    names = {str(entry["name"]) for entry in run.record["artifacts"]}
    for method in reversed(_MAKERS):
        head, tail = f"map-{method}-{stack}-", f"-{pooling}.npz"
        for name in names:
            middle = name[len(head) : -len(tail)]
            if name.startswith(head) and name.endswith(tail) and middle.isdecimal():
                found[int(middle)] = name
    return dict(sorted(found.items()))


def read_solid(run: Run, stack: str, pooling: str, samples: pd.DataFrame) -> Solid:
    """The three components of every layer.

    Args:
        run: the stored run.
        stack: "encoder" or "decoder".
        pooling: how a sample's vectors became one.
        samples: of the run; stored rows point into them.

    Raises:
        RequestError: a map file has gone.
    """
    ids = samples["sample_id"].to_numpy()
    frames, shares = [], {}
    for layer, name in solid_layers(run, stack, pooling).items():
        with np.load(io.BytesIO(run.bytes(name)), allow_pickle=False) as stored:
            head = json.loads(stored["head"].tobytes())
            corner = _three(stored["features"])
            rows = stored["rows"]
            members = [stored[f"member_{i}"] for i in range(len(head["roles"]))]
            held = float(stored["variances"][:3].sum())
        total = float(head["total_variance"])
        shares[layer] = held / total if total > 0 else 1.0
        for role, points in zip(head["roles"], members, strict=True):
            frame = pd.DataFrame(corner[points], columns=["x", "y", "z"])
            frames.append(frame.assign(sample_id=ids[rows], model=role, layer=layer))
    return Solid(pd.concat(frames, ignore_index=True), shares)


def _three(features: np.ndarray) -> np.ndarray:
    """The first three columns of (u, c), filled with zeros where c < 3, (u, 3) float32."""
    result = np.zeros((len(features), 3), dtype=np.float32)
    width = min(3, features.shape[1])
    result[:, :width] = features[:, :width]
    return result
