import numpy as np
import pytest
from scipy.spatial.distance import cdist
from scipy.stats import energy_distance, kstest

from analysis.detect.drift import (
    MOST_PERMUTATIONS,
    adjusted,
    alert_level,
    energy_drift,
    finest_level,
    permutations_for,
)


def clouds(shift=0.0, n=120, m=90, d=6, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, d)), rng.normal(size=(m, d)) + shift


def test_the_distance_is_scipys_in_one_dimension():
    first, second = clouds(0.7, d=1)
    found = energy_drift(first, second)
    scale = first.std()
    within = sum(
        cdist(x, x).sum() / scale * (1 / (len(x) * (len(x) - 1)) - 1 / len(x) ** 2)
        for x in (first, second)
    )  # SciPy counts a sample's distance to itself
    expected = energy_distance(first[:, 0] / scale, second[:, 0] / scale) ** 2
    assert found.distance + within == pytest.approx(expected, rel=1e-9)


def test_a_shift_is_seen_and_scaling_of_one_direction_changes_nothing():
    first, second = clouds(0.5)
    found = energy_drift(first, second)
    assert found.p_value == pytest.approx(1 / 500)
    assert found.distance > 2 * found.null_high
    stretch = np.array([1e3, 1, 1, 1, 1, 1e-3])
    again = energy_drift(first * stretch, second * stretch)
    assert again.distance == pytest.approx(found.distance)


def test_p_values_of_equal_clouds_are_spread_evenly():
    values = [energy_drift(*clouds(n=25, m=25, d=3, seed=s), seed=s).p_value for s in range(60)]
    assert kstest(values, "uniform").pvalue > 0.01
    assert np.mean(np.array(values) <= 0.05) < 0.15


def test_a_constant_direction_and_large_clouds_are_borne():
    first, second = clouds(n=700, m=650)
    first[:, 2] = second[:, 2] = 1.0
    found = energy_drift(first, second)
    assert (found.n_baseline, found.n_new) == (300, 300)
    assert np.isfinite(found.distance)


def test_alerts_keep_the_promised_false_alarms():
    assert alert_level(1, 30) == pytest.approx(1 / 30)
    assert alert_level(5, 1) == 1.0
    np.testing.assert_allclose(adjusted(np.array([0.01, 0.4])), [0.02, 0.8])


def test_many_layers_and_rare_alarms_get_enough_permutations_to_raise_one():
    level = alert_level(1, 30)
    assert permutations_for(level, 2) == 499
    needed = permutations_for(level, 26)  # twelve layers and the embedding, two poolings
    assert level < 26 / 500, "the usual number could never raise an alarm"
    found = energy_drift(*clouds(0.5), permutations=needed)
    assert 26 * found.p_value <= level
    assert permutations_for(1e-6, 26) == MOST_PERMUTATIONS
    assert finest_level(26) == pytest.approx(26 / (MOST_PERMUTATIONS + 1))


def test_rare_alarms_take_many_permutations_only_where_the_clouds_differ():
    first, second = clouds(0.8)
    assert energy_drift(first, second, permutations=5_000).p_value == pytest.approx(1 / 5_001)
    same = energy_drift(*clouds(n=20, m=15, d=2), permutations=MOST_PERMUTATIONS)
    usual = energy_drift(*clouds(n=20, m=15, d=2))
    assert same.p_value == usual.p_value > 0.05, "clear after the usual number"
    assert energy_drift(first, second, permutations=5_000).null_high == pytest.approx(
        energy_drift(first, second).null_high
    )
