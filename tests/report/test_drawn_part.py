import numpy as np
import pandas as pd
import pytest

from analysis.report.drawn_part import rows_to_draw

N = 5000


@pytest.fixture(scope="module")
def samples():
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "label": rng.integers(0, 2, N),
            "predicted_suspect": pd.array(rng.choice([0, 1], N, p=[0.9, 0.1]), dtype="Int64"),
            "flagged": rng.random(N) < 0.02,
        }
    )


def test_flagged_samples_are_drawn_even_beyond_the_limit(samples):
    everywhere = np.ones(N, dtype=bool)
    flagged = np.flatnonzero(samples["flagged"])
    for limit in (10, 500):
        rows = rows_to_draw(samples, everywhere, None, limit)
        assert np.isin(flagged, rows).all()
        assert len(rows) == max(limit, len(flagged))
        assert (np.diff(rows) > 0).all()


def test_shares_of_the_strata_are_kept(samples):
    rows = rows_to_draw(samples, np.ones(N, dtype=bool), None, 1000)
    rest = samples[~samples["flagged"]]
    drawn = samples.iloc[rows]
    drawn = drawn[~drawn["flagged"]]
    for column in ("label", "predicted_suspect"):
        assert (drawn[column] == 1).mean() == pytest.approx((rest[column] == 1).mean(), abs=0.01)


def test_only_placed_samples_that_pass_the_filter_are_drawn(samples):
    rng = np.random.default_rng(1)
    placed, kept = rng.random(N) < 0.5, rng.random(N) < 0.3
    rows = rows_to_draw(samples, placed, kept, 10_000)
    np.testing.assert_array_equal(rows, np.flatnonzero(placed & kept))
    few = rows_to_draw(samples, placed, kept, 200)
    assert np.isin(few, rows).all()
    np.testing.assert_array_equal(few, rows_to_draw(samples, placed, kept, 200))


def test_a_set_without_flags_or_predictions_is_drawn_too():
    bare = pd.DataFrame({"text": ["x"] * 30})
    assert len(rows_to_draw(bare, np.ones(30, dtype=bool), None, 12)) == 12
