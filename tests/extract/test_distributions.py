import numpy as np
import pytest
import scipy.spatial.distance
import scipy.stats

from analysis.extract import distributions as d
from analysis.extract.control import benjamini_hochberg


def pair(n=3000, seed=0, ties=False):
    rng = np.random.default_rng(seed)
    a, b = rng.normal(0, 1, n), rng.standard_t(4, n) * 1.1 + 0.05
    if ties:  # 16-bit checkpoints are full of equal entries
        a, b = a.round(1), b.round(1)
    return np.sort(a.astype(np.float32)), np.sort(b.astype(np.float32))


def scipy_ks(a, b):
    """In float64: a newer SciPy keeps the precision of what it is given."""
    return scipy.stats.ks_2samp(a.astype(float), b.astype(float)).statistic


@pytest.mark.parametrize("ties", [False, True])
def test_distances_agree_with_scipy(ties):
    a, b = pair(ties=ties)
    assert d.ks(a, b) == pytest.approx(scipy_ks(a, b), abs=1e-12)
    expected = scipy.stats.wasserstein_distance(a.astype(float), b.astype(float))
    assert d.wasserstein(a, b) == pytest.approx(expected, rel=1e-9)
    p, q = d.histogram(a, -4, 4), d.histogram(b, -4, 4)
    expected = scipy.spatial.distance.jensenshannon(p, q, base=2)
    assert d.jensen_shannon(p, q) == pytest.approx(expected, abs=1e-9)


def test_ks_of_different_sizes_agrees_with_scipy():
    a, b = pair()
    b = b[::3]
    assert d.ks(a, b) == pytest.approx(scipy_ks(a, b), abs=1e-12)
    assert d.ks(a, b) == d.ks(b, a)


def test_closed_forms():
    a, _ = pair()
    assert d.wasserstein(a, a + np.float32(0.5)) == pytest.approx(0.5, abs=1e-6)  # a shift
    assert d.ks(a, a + np.float32(100)) == 1  # disjoint
    assert d.jensen_shannon(np.array([5, 0]), np.array([0, 9])) == pytest.approx(1)
    assert d.ks(a, a) == d.wasserstein(a, a) == 0
    matrix = np.outer([3.0, 4.0], [0.0, 1.0, 0.0]).astype(np.float32)
    assert d.top_singular_value(matrix) == pytest.approx(5)
    assert d.relative_change(2 * matrix, matrix) == pytest.approx(1)
    assert d.spectral_shift(3 * matrix, matrix) == pytest.approx(2)
    zero = np.zeros((2, 3), np.float32)
    assert d.relative_change(zero, zero) == d.spectral_shift(zero, zero) == 0
    assert d.relative_change(matrix, zero) == float("inf")


@pytest.mark.parametrize("shape", [(7, 30), (30, 7), (1, 12), (1100, 1030)])
def test_the_top_singular_value_agrees_with_lapack(shape):
    matrix = np.random.default_rng(0).normal(size=shape)
    expected = np.linalg.norm(matrix, 2)
    assert d.top_singular_value(matrix) == pytest.approx(expected, rel=1e-6)


def test_moments_and_quantiles_agree_with_scipy():
    values = np.sort(np.random.default_rng(1).gamma(2, 1, 5001)).astype(np.float32)
    got = d.describe(values)
    exact = values.astype(float)
    assert got.mean == pytest.approx(exact.mean())
    assert got.std == pytest.approx(exact.std())
    assert got.skew == pytest.approx(scipy.stats.skew(exact))
    assert got.kurtosis == pytest.approx(scipy.stats.kurtosis(exact))
    np.testing.assert_allclose(got.quantiles, np.quantile(exact, d.QUANTILES))


@pytest.mark.parametrize("values", [[0.0] * 9, [0.1] * 9, [5.0]])
def test_a_constant_has_no_shape(values):
    got = d.describe(np.array(values, dtype=np.float32))
    assert (got.std, got.skew, got.kurtosis) == pytest.approx((0, 0, 0), abs=1e-9)
    counts = d.histogram(np.array(values, dtype=np.float32), values[0], values[0])
    assert counts.sum() == len(values)


def test_histograms_agree_with_numpy():
    a, _ = pair(500)
    a = a.astype(np.float64)
    expected, _ = np.histogram(a, bins=d.BINS, range=(a[0], a[-1]))
    assert np.array_equal(d.histogram(a, a[0], a[-1]), expected)


def test_the_effect_is_cohens_d_of_absolute_entries():
    rng = np.random.default_rng(0)
    a, b = rng.normal(0, 1.3, (40, 60)), rng.normal(0, 1, (40, 60))
    x, y = np.abs(a), np.abs(b)
    expected = (x.mean() - y.mean()) / np.sqrt((x.var() + y.var()) / 2)
    got = d.effect_size(a, b)
    assert got.size == pytest.approx(expected)
    assert 0 < got.low < got.size < got.high
    assert d.effect_size(b, a).size == pytest.approx(-expected)
    assert d.effect_size(a, a) == (0, 0, 0)


def test_the_interval_covers_as_often_as_it_says_although_rows_are_dependent():
    # every row has its own scale: an interval over entries would be far too narrow
    rng = np.random.default_rng(0)
    covered = 0
    for _ in range(200):
        a, b = (rng.normal(0, 1, (24, 200)) * np.exp(rng.normal(0, 0.3, (24, 1))) for _ in range(2))
        found = d.effect_size(a, b)
        covered += found.low <= 0 <= found.high
    assert 180 <= covered <= 199  # 95 % of 200 is 190, binomial deviation 3.1


def test_benjamini_hochberg_agrees_with_scipy():
    p = np.random.default_rng(0).random(50) ** 2
    expected = scipy.stats.false_discovery_control(p)
    np.testing.assert_allclose(benjamini_hochberg(p), expected)
    assert benjamini_hochberg(np.array([])).shape == (0,)
