"""Whole-layer comparisons, trajectories over layers, and what may weigh in an answer."""

import numpy as np
import pytest

from analysis.detect.classes import score_classes
from analysis.detect.configs import ReferenceNeighboursConfig
from analysis.detect.geometry import centroid_shift, linear_cka, shift_stats, similarities
from analysis.detect.layers import SiteContext
from analysis.detect.ranking import WITHHELD, rank_samples
from analysis.detect.reference_neighbours import fit_reference_neighbours
from analysis.detect.specs import DETECTORS, WEIGHING, detector
from analysis.detect.statistics import auc
from analysis.detect.trajectories import Trajectories
from analysis.records import Scores, Site

SITE = Site("encoder", 2, "mean")


def test_cka_is_one_up_to_rotation_and_scale_and_small_for_strangers():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(400, 8))
    rotation, _ = np.linalg.qr(rng.normal(size=(8, 8)))
    assert linear_cka(x, 3.0 * x @ rotation + 5.0) == pytest.approx(1.0)
    assert linear_cka(x, rng.normal(size=(400, 5))) < 0.1
    assert np.isnan(linear_cka(x, np.ones((400, 3))))


def test_cka_agrees_with_the_kernel_form():
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(50, 4)), rng.normal(size=(50, 6))
    y[:, 0] = x[:, 0]
    centre = np.eye(50) - 1 / 50
    k, m = centre @ x @ x.T @ centre, centre @ y @ y.T @ centre
    expected = (k * m).sum() / (np.linalg.norm(k) * np.linalg.norm(m))
    assert linear_cka(x, y) == pytest.approx(expected)


def test_shift_is_the_distance_of_means_in_units_of_the_spread():
    x = np.array([[-1.0], [1.0], [9.0], [11.0]])
    inside = np.array([False, False, True, True])
    assert centroid_shift(x, inside) == pytest.approx(10.0)
    assert centroid_shift(7 * x + 2, inside) == pytest.approx(10.0)
    assert np.isnan(centroid_shift(x, np.zeros(4, dtype=bool)))


def pair(shift):
    rng = np.random.default_rng(2)
    base = rng.normal(size=(200, 6)).astype(np.float32)
    suspect = base.copy()
    suspect[:20, 0] += shift
    groups = {"all": np.arange(200)}
    features = {"suspect": suspect, "reference": base}
    return features, {"suspect": groups, "reference": groups}, np.arange(20)


def test_shift_of_located_rows_lies_above_the_band_only_where_it_was_planted():
    for shift, above in ((5.0, True), (0.0, False)):
        rows = shift_stats(SITE, *pair(shift))
        suspect = next(r for r in rows if r.model == "suspect")
        assert (suspect.value > suspect.null_high) == above
    features, groups, located = pair(5.0)
    base = shift_stats(SITE, features, groups, located, clean_reference=False)
    assert all(np.isnan(r.null_high) for r in base)


def test_similarity_needs_both_models():
    features, _, _ = pair(0.0)
    assert similarities(SITE, {"suspect": features["suspect"]}) == []
    row = similarities(SITE, features)[0]
    assert row == {"stack": "encoder", "layer": 2, "pooling": "mean", "cka": 1.0}


def layered(n=300, seed=3):
    """Two classes that part in the second layer; the first ten of class 0 start among class 1."""
    rng = np.random.default_rng(seed)
    classes = (np.arange(n) >= n // 2).astype(int)
    early = rng.normal(size=(n, 4)) + 6.0 * classes[:, None]
    late = rng.normal(size=(n, 4)) + 6.0 * classes[:, None]
    early[:10] += 6.0
    return classes, [early.astype(np.float32), late.astype(np.float32)]


def test_trajectories_find_samples_that_come_late_to_their_class():
    classes, layers = layered()
    groups = {"suspect": {str(c): np.flatnonzero(classes == c) for c in (0, 1)}}
    paths = Trajectories(groups)
    for number, values in enumerate(layers):
        paths.add(Site("encoder", number, "mean"), {"suspect": values}, SiteContext())
    scores = {s.group: s for s in paths.scores([detector("neighbour_ranks")])}
    assert scores["0"].site == Site("encoder", 1, "mean")
    assert set(np.argsort(-scores["0"].values)[:8]) <= set(range(10))
    assert len(scores["1"].values) == 150


def test_trajectories_need_two_classes():
    _, layers = layered()
    paths = Trajectories({"suspect": {"all": np.arange(300)}})
    paths.add(SITE, {"suspect": layers[0]}, SiteContext())
    (score,) = paths.scores([detector("neighbour_ranks")])
    assert "two predicted classes" in score.skipped


def test_neighbours_in_the_reference_betray_samples_that_answer_otherwise():
    rng = np.random.default_rng(8)
    true = (np.arange(400) >= 200).astype(int)
    reference = (rng.normal(size=(400, 5)) + 4.0 * true[:, None]).astype(np.float32)
    answers = true.copy()
    poisoned = np.arange(200, 215)
    answers[poisoned] = 0
    suspect = rng.normal(size=(400, 5)).astype(np.float32)  # its own vectors are not looked at
    features = {"suspect": suspect, "reference": reference}
    groups = {
        role: {str(c): np.flatnonzero(said == c) for c in (0, 1)}
        for role, said in (("suspect", answers), ("reference", true))
    }
    spec = [detector("reference_neighbours")]
    scores = {(s.model, s.group): s for s in score_classes(SITE, features, groups, spec)}
    first = scores["suspect", "0"]
    assert auc(first.values, np.isin(first.rows, poisoned)) > 0.99
    assert 0.35 < np.median(scores["reference", "0"].values) < 0.65  # strangers: a coin's toss
    (alone,) = score_classes(SITE, {"suspect": suspect}, {"suspect": {"0": true}}, spec)
    assert alone.skipped


def test_a_sample_is_not_its_own_neighbour_and_the_share_is_weighted():
    x = np.array([[0.0], [1.0], [2.1], [3.3]])
    answers = np.array([0.0, 1.0, 0.0, 0.0])
    fitted = fit_reference_neighbours(np.column_stack([x, answers]), ReferenceNeighboursConfig(k=2))
    weights = 1 / np.sqrt([1.0, 2.0])
    scores = fitted.score(np.column_stack([x, answers]))
    near, far = weights / weights.sum()
    np.testing.assert_allclose(scores, [near, 1.0, near, far])


def scores_of(name, values, statistics=None):
    rows = np.arange(len(values))
    return Scores(name, "suspect", SITE, "all", rows, values.astype(np.float32), statistics or {})


def test_more_detectors_move_no_ranking():
    rng = np.random.default_rng(4)
    base = [scores_of("mahalanobis", rng.normal(size=200))]
    more = [scores_of(s.name, rng.normal(size=200)) for s in DETECTORS if s.name not in WEIGHING]
    assert len(more) >= 10
    one, other = rank_samples(200, None, base, []), rank_samples(200, None, base + more, [])
    np.testing.assert_array_equal(one.rank, other.rank)
    np.testing.assert_array_equal(one.score, other.score)


def test_withheld_scores_are_no_evidence():
    rng = np.random.default_rng(5)
    base = [scores_of("mahalanobis", rng.normal(size=200))]
    residual = rng.normal(size=200)
    shown = rank_samples(
        200, None, [*base, scores_of("knn_distance", residual, {WITHHELD: 1.0})], []
    )
    used = rank_samples(200, None, [*base, scores_of("knn_distance", residual)], [])
    alone = rank_samples(200, None, base, [])
    np.testing.assert_array_equal(shown.rank, alone.rank)
    assert not np.array_equal(used.rank, alone.rank)
