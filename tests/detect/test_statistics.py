import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import roc_auc_score

from analysis.detect.statistics import (
    auc,
    auc_error,
    benjamini_hochberg,
    robust_z,
    tail,
    tail_null,
)


def test_p_values_are_uniform_when_both_models_are_clean():
    rng = np.random.default_rng(0)
    p = [
        tail_null(rng.gamma(2.0, size=120), rng.gamma(2.0, size=120), seed).p_value
        for seed in range(200)
    ]
    assert stats.kstest(p, "uniform").pvalue > 0.01


def test_a_planted_tail_is_beyond_the_clean_band():
    rng = np.random.default_rng(1)
    clean, planted = rng.normal(size=500), rng.normal(size=500)
    planted[:20] += 8
    null = tail_null(planted, clean, 0)
    assert null.p_value < 0.01
    assert tail(planted) > null.high
    assert null.low <= tail(clean) <= null.high


def test_paired_copies_are_never_significant():
    values = np.random.default_rng(2).gamma(2.0, size=300)
    assert tail_null(values, values * 7 + 3, 0).p_value > 0.3


def test_tail_ignores_scale_and_place():
    values = np.random.default_rng(3).normal(size=400)
    assert tail(values * 5 - 2) == pytest.approx(tail(values))
    assert robust_z(np.full(9, 4.0)).tolist() == [0.0] * 9


def test_auc_agrees_with_scikit_learn_with_ties():
    rng = np.random.default_rng(4)
    scores, truth = rng.integers(0, 9, 300).astype(float), rng.random(300) < 0.2
    assert auc(scores, truth) == pytest.approx(roc_auc_score(truth, scores))
    assert auc(-scores, truth) == pytest.approx(1 - auc(scores, truth))
    assert np.isnan(auc(scores, np.ones(300, dtype=bool)))


def test_auc_error_covers_about_95_percent():
    rng = np.random.default_rng(5)
    truth = np.arange(240) < 40
    level = stats.norm.cdf(1 / np.sqrt(2))
    inside = 0
    for _ in range(300):
        value = auc(rng.normal(size=240) + truth, truth)
        inside += abs(value - level) < 1.96 * auc_error(value, 40, 200)
    assert 0.91 < inside / 300 < 0.985


def test_benjamini_hochberg_agrees_with_scipy_and_passes_nan():
    p = np.random.default_rng(6).random(40) ** 2
    np.testing.assert_allclose(benjamini_hochberg(p), stats.false_discovery_control(p))
    with_nan = np.append(p, np.nan)
    assert np.isnan(benjamini_hochberg(with_nan)[-1])
    np.testing.assert_allclose(benjamini_hochberg(with_nan)[:-1], benjamini_hochberg(p))
