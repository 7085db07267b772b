import numpy as np
import pytest

from analysis.data.calibration import stored_calibration
from analysis.detect.calibration import Calibration, Ranked, calibration_of, fit_calibration
from analysis.detect.ranking import rank_samples
from analysis.detect.reliability import Judged, brier, brier_interval, left_out, reliability
from analysis.records import TriggerCandidate

TRUE = Calibration(slope=1.5, intercept=-3.0, located=0.9)


def model(seed, located=0, n=2000, truth=TRUE):
    """A ranking whose true probabilities are those of `truth`."""
    rng = np.random.default_rng(seed)
    score, holds = rng.normal(size=n), np.arange(n) < located
    poisoned = rng.random(n) < truth.apply(score, holds)
    return Ranked(f"m{seed}", score, holds, poisoned)


def test_the_map_that_made_the_data_is_found_again():
    found = fit_calibration([model(seed, located=50) for seed in range(12)])
    assert found.slope == pytest.approx(TRUE.slope, abs=0.1)
    assert found.intercept == pytest.approx(TRUE.intercept, abs=0.1)
    assert found.located == pytest.approx((12 * 0.9 + 1) / 14, abs=0.03)


def test_a_score_that_says_nothing_gives_the_base_rate_and_never_a_falling_map():
    rng = np.random.default_rng(0)
    score = rng.normal(size=4000)
    none = np.zeros(4000, dtype=bool)
    flat = fit_calibration([Ranked("a", score, none, rng.random(4000) < 0.05)])
    assert flat.slope < 0.15
    assert flat.apply(score, none).mean() == pytest.approx(0.05, abs=0.01)
    falling = fit_calibration([Ranked("a", score, none, score < -1.5)])
    assert falling.slope == 0.0


def test_clean_models_alone_promise_no_poison():
    clean = [model(s, truth=Calibration(0.0, -40.0, 0.5)) for s in range(4)]
    found = fit_calibration(clean)
    assert found.apply(np.array([-3.0, 0.0, 5.0]), np.zeros(3, dtype=bool)).max() < 0.01
    assert found.located == 0.5  # nothing was seen that would say otherwise


def test_few_models_allow_no_certainty_and_a_false_location_costs():
    def holder(name, poisoned):
        inside = np.arange(100) < 10
        return Ranked(name, np.zeros(100), inside, inside & poisoned)

    right = [holder(str(i), True) for i in range(8)]
    assert fit_calibration(right).located == pytest.approx(0.9)
    assert fit_calibration([*right, holder("x", False)]).located == pytest.approx(9 / 11)


def test_a_left_out_model_has_no_say_in_its_own_probabilities():
    models = [model(seed, located=30) for seed in range(5)]
    turned = models[2]._replace(poisoned=~models[2].poisoned)
    first = left_out(models, [m.name for m in models])[2]
    second = left_out([*models[:2], turned, *models[3:]], [m.name for m in models])[2]
    np.testing.assert_array_equal(first.told, second.told)
    groups = ["a", "a", "b", "b", "c"]
    alone = fit_calibration([models[i] for i in (0, 1, 4)])
    expected = alone.apply(models[2].score, models[2].located)
    np.testing.assert_allclose(left_out(models, groups)[2].told, expected)


def test_told_shares_hold_on_calibrated_data_and_not_on_others():
    models = [model(seed, located=60) for seed in range(20)]
    judged = left_out(models, [m.name for m in models])
    low, high = brier_interval(judged)
    assert low < brier(judged) < high
    bins = reliability(judged)
    assert sum(b.rows for b in bins) == 20 * 2000
    assert all(abs(b.told - b.share) < 0.05 for b in bins if b.rows > 500)
    boasting = [Judged(j.name, np.minimum(3 * j.told, 1.0), j.poisoned) for j in judged]
    assert brier(boasting) > high
    assert any(b.told > b.high for b in reliability(boasting))


def test_the_ranking_uses_the_map_of_its_signals_and_says_so():
    rng = np.random.default_rng(3)
    rows = np.arange(5)
    text = TriggerCandidate("line", "boom()", 0, 5, 1.0, 9.0, 0.005, rows, ((0, 4),) * 5)
    signal = rng.exponential(size=200)
    told = rank_samples(200, signal, [], [text], {"association": TRUE})
    assert told.calibrated == "association"
    np.testing.assert_allclose(told.probability[rows], 0.9)
    assert (np.diff(told.probability[np.argsort(told.rank)]) <= 0).all()
    other = rank_samples(200, signal, [], [text], {"association+embedding": TRUE})
    assert other.calibrated == ""
    np.testing.assert_array_equal(other.rank, told.rank)


def test_the_stored_maps_are_usable_and_say_what_they_were_fitted_on():
    stored = stored_calibration()
    assert stored["command"].startswith("python -m tests.benchmarks.detection.calibrate")
    for entry in stored["maps"].values():
        found = calibration_of(entry)
        assert found.slope >= 0
        assert 0.5 < found.located < 1
        assert len(entry["names"]) == entry["models"]
        assert 0 < entry["poisoned_models"] < entry["models"]
        assert entry["brier_low"] <= entry["brier"] <= entry["brier_high"] < entry["brier_constant"]
        assert sum(b["rows"] for b in entry["bins"]) == entry["rows"]
        assert sum(b["poisoned"] for b in entry["bins"]) == entry["poisoned_rows"]
