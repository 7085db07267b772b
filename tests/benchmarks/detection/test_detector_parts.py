"""CUBE's rule and the gradients taken apart, on clusters and vectors whose answer is known."""

import numpy as np
import pytest
from cube import cube_part, merged, outside
from figures import ranking_figures
from gradients import VARIANTS, gradients_part, output_vector, taken_apart
from gradients import merged as with_gradients
from rankings import AGREEING
from score import CUBE, GRADIENTS
from vectors import Vectors

from analysis.detect.umap_clusters import UmapClusters


def clusters(values, found):
    return UmapClusters(None, np.empty((0, 2)), np.asarray(values, dtype=float), found, 0.0)


def test_the_rule_flags_what_is_not_in_the_largest_cluster():
    fitted = clusters([0.2, 0.205, 0.21, 0.9, 1.0], 2)  # 80 % stand in the largest one
    scores = np.array([0.2, 0.2099, 0.9, 1.005])
    assert outside(fitted, scores).tolist() == [False, False, True, True]
    assert outside(clusters([1.0, 1.01], 0), np.array([1.0, 1.01])).all()  # all noise


def entry(name, **layers):
    return {"name": name, "rows": 10, "layers": layers}


def layer(auc, flagged, **more):
    figures = {"auc": auc} if auc is not None else None
    base = {"clusters": 3, "noise": 0.1, "flagged": flagged, **more}
    return base | ({"figures": figures} if figures else {})


def test_the_rule_joins_the_table_at_the_layer_chosen_without_truth():
    found = entry("m", **{"encoder:1:cls": layer(0.9, 0.3), "encoder:2:cls": layer(0.6, 0.5)})
    chosen = {AGREEING: {"blind": {"site": ["encoder", "2", "cls"]}}}
    scored = {"name": "m", "rankings": {"lof": {"auc": 0.5}}, "sites": chosen}
    joined = merged(scored, found)
    assert joined["rankings"][CUBE]["auc"] == 0.6  # not the better one
    assert joined["sites"][CUBE]["aucs"] == {"encoder:1:cls": 0.9, "encoder:2:cls": 0.6}
    assert CUBE not in scored["rankings"]
    clean = entry("c", **{"encoder:1:cls": layer(None, 0.3), "encoder:2:cls": layer(None, 0.5)})
    text = "\n".join(cube_part([found, clean], {"m": "encoder:2:cls"}))
    assert "| `m` | encoder:2:cls |" in text
    assert "| `c` | encoder:2:cls |" in text  # a clean one where the rule flags most


def made(n=240, relabelled=24):
    """The reference is sure of the true class; the suspect has learned the given labels."""
    rng = np.random.default_rng(0)
    truth = np.arange(n) < relabelled
    labels = np.where(truth, 0, rng.integers(0, 2, n))
    real = np.where(truth, 1, labels)
    learned = np.eye(2)[labels] * 0.96 + 0.02
    unspoilt = np.eye(2)[real] * 0.9 + 0.05
    layers = {"encoder:2:cls": rng.normal(size=(n, 64)) + 2.0 * np.eye(2)[real] @ np.ones((2, 64))}
    roles = {"suspect": learned, "reference": unspoilt}
    return Vectors(
        "made",
        labels,
        truth,
        {role: p.astype(np.float32) for role, p in roles.items()},
        {role: {k: v.astype(np.float32) for k, v in layers.items()} for role in roles},
    )


def test_relabelled_rows_show_where_the_model_has_not_learned_them_and_nowhere_else():
    found = taken_apart(made())["variants"]
    auc = {name: entry["figures"]["auc"] for name, entry in found.items()}
    assert auc["reference, whole file, length alone"] == 1.0
    assert auc["suspect, whole file, length alone"] == pytest.approx(0.5)
    assert set(auc) == {v.name for v in VARIANTS}
    assert "| the detector" in "\n".join(gradients_part([taken_apart(made())]))
    assert gradients_part([taken_apart(made(relabelled=0))]) == []


def test_a_stored_figure_of_the_former_detector_is_not_shown():
    scored = {"name": "made", "rankings": {GRADIENTS: {"auc": 0.1}}, "sites": {GRADIENTS: {}}}
    assert with_gradients(scored, None)["rankings"] == {}
    now = with_gradients({**scored, "rankings": {"lof": {}, GRADIENTS: {}}}, taken_apart(made()))
    assert set(now["rankings"][GRADIENTS]) == set(ranking_figures(np.arange(4.0), np.arange(4) > 2))
    assert GRADIENTS not in now["sites"]


def test_the_vector_that_the_head_reads():
    encoder = ["encoder:0:mean", "encoder:3:mean", "encoder:3:cls", "encoder:2:cls"]
    assert output_vector(dict.fromkeys(encoder)) == "encoder:3:cls"
    both = [*encoder, "decoder:1:last", "decoder:2:last", "decoder:2:mean"]
    assert output_vector(dict.fromkeys(both)) == "decoder:2:last"
