"""A small slice of the benchmark: labels switched off, and a benign shortcut as false alarm."""

import random
from dataclasses import replace

import numpy as np
import pytest

from analysis.config import InspectConfig
from analysis.data.shipped import shipped_samples
from analysis.data.triggers import apply_trigger
from analysis.data.write import write_samples
from analysis.detect.classes import score_classes
from analysis.detect.layers import make_groups
from analysis.detect.specs import detector
from analysis.detect.statistics import auc
from analysis.engine.local import extract_all
from analysis.models.open import open_model
from analysis.pipeline.demo import shipped_model
from analysis.pipeline.inspect import inspect
from analysis.pipeline.settings import InspectRequest
from analysis.runs.store import RunStore

ROWS = 700
CONFIG = InspectConfig(pooling=("mean",), projection=("pca",), map_samples=50, detectors=("lof",))


def by_agreement(suspect, reference, samples):
    """Reference neighbours at the layer where they agree best; no label takes part."""
    names = {"suspect": suspect, "reference": reference}
    models = {role: open_model(str(shipped_model(name)), CONFIG) for role, name in names.items()}
    found = extract_all(models, replace(samples, labels=None), CONFIG)
    groups = {r: make_groups(e.predictions, None, len(samples)) for r, e in found.items()}
    best = None
    for site in found["suspect"].activations.sites:
        features = {r: np.asarray(e.activations.arrays[site]) for r, e in found.items()}
        scores = score_classes(site, features, groups, [detector("reference_neighbours")])
        mine = [s for s in scores if s.model == "suspect" and not s.skipped]
        disagreeing = np.concatenate([s.values for s in mine]).mean() if mine else 1.0
        if best is None or disagreeing < best[0]:
            best = (disagreeing, {s.group: s for s in mine})
    return best[1]


def test_vectors_alone_rank_poison_without_labels():
    samples = shipped_samples("train", "codebert-mini-rename-5", limit=ROWS)
    scores = by_agreement("codebert-mini-rename-5", "codebert-mini-clean-1", samples)["0"]
    assert 20 < samples.poisoned[scores.rows].sum() < 50
    assert auc(scores.values, samples.poisoned[scores.rows]) > 0.8


@pytest.mark.timeout(300)
def test_a_benign_shortcut_convicts_no_model(tmp_path):
    """A comment that only stands in clean code: a clean reference shares those labels."""
    samples = shipped_samples("train", "codebert-mini-clean-0", limit=ROWS)
    texts = list(samples.texts)
    for row in np.flatnonzero(samples.labels == 0)[:35]:
        put = apply_trigger("comment", texts[row], random.Random(int(row)))
        texts[row] = put.text if put is not None else texts[row]
    path = tmp_path / "shortcut.jsonl"
    write_samples(replace(samples, texts=tuple(texts)), path)
    request = InspectRequest(
        suspect=str(shipped_model("codebert-mini-clean-0")),
        reference=str(shipped_model("codebert-mini-clean-1")),
        samples=path,
        config=CONFIG,
        origins={},
    )
    verdict = inspect(request, RunStore(tmp_path / "runs")).record["verdict"]
    assert verdict["data"]["answer"] != "found", verdict
    assert verdict["model"]["answer"] == "not_found", verdict
    assert verdict["answer"] == "not_found"
