import numpy as np
import pytest

from analysis.detect.ranking import rank_samples
from analysis.detect.statistics import auc
from analysis.records import Scores, Site, TriggerCandidate

N = 500
SITE = Site("encoder", 1, "mean")


def scores(values, detector="mahalanobis", model="suspect"):
    half = len(values) // 2
    return [
        Scores(detector, model, SITE, str(g), rows, values[rows].astype(np.float32))
        for g, rows in enumerate(np.split(np.arange(len(values)), [half]))
    ]


def signal(rng, truth, strength):
    return rng.normal(size=N) + strength * truth


@pytest.fixture
def truth():
    return np.isin(np.arange(N), np.arange(0, 200, 20))


def test_holders_of_a_suspicious_candidate_come_first(truth):
    rng = np.random.default_rng(0)
    rows = np.flatnonzero(truth)
    found = TriggerCandidate("line", "boom()", 0, 10, 1.0, 9.0, 0.005, rows, ((4, 10),) * 10)
    ranking = rank_samples(N, rng.exponential(size=N), scores(rng.normal(size=N)), [found])
    assert set(ranking.rank[truth]) == set(range(1, 11))
    assert ranking.flagged[truth].all()
    assert ranking.flagged.sum() < 30
    assert ranking.trigger_start[truth].tolist() == [4] * 10
    assert (ranking.trigger_start[~truth] == -1).all()
    assert "boom()" in ranking.why[rows[0]]


def test_weak_signals_add_up(truth):
    rng = np.random.default_rng(1)
    parts = scores(signal(rng, truth, 2)) + scores(signal(rng, truth, 2), "disagreement")
    both = auc(rank_samples(N, signal(rng, truth, 2), parts, []).score, truth)
    alone = auc(rank_samples(N, None, parts[:2], []).score, truth)
    assert both > alone


def test_every_sample_has_a_finite_rank_even_without_any_signal():
    ranking = rank_samples(7, None, [], [])
    assert ranking.rank.tolist() == [1, 2, 3, 4, 5, 6, 7]
    assert not ranking.flagged.any()
    assert np.isfinite(ranking.probability).all()


def test_probability_is_monotone_and_scale_of_a_detector_does_not_matter(truth):
    rng = np.random.default_rng(2)
    values = signal(rng, truth, 3)
    first = rank_samples(N, None, scores(values), [])
    second = rank_samples(N, None, scores(np.exp(values)), [])
    assert np.array_equal(first.rank, second.rank)
    order = np.argsort(first.rank)
    assert (np.diff(first.probability[order]) <= 0).all()
    assert sorted(first.rank) == list(range(1, N + 1))


def test_reference_scores_do_not_count():
    rng = np.random.default_rng(3)
    values = rng.normal(size=N)
    plain = rank_samples(N, None, scores(values), [])
    extra = scores(rng.normal(size=N), model="reference")
    assert np.array_equal(plain.score, rank_samples(N, None, scores(values) + extra, []).score)


@pytest.mark.parametrize("shape", ["normal", "exponential"])
def test_clean_scores_flag_about_as_many_as_announced(shape):
    rng = np.random.default_rng(4)
    runs = [
        rank_samples(N, getattr(rng, shape)(size=N), scores(rng.normal(size=N)), [])
        for _ in range(40)
    ]
    assert np.mean([r.flagged.sum() for r in runs]) <= 2 * runs[0].expected_false_alarms
