"""Which samples a map draws."""

import numpy as np
import pytest

from analysis.project.subsample import draw_rows

PREDICTED = np.repeat([0, 1], [900, 100])
REFERENCE = np.arange(1000) % 7 == 0


def test_everything_is_drawn_when_there_is_room():
    drawn = draw_rows(7, 10)
    np.testing.assert_array_equal(drawn.rows, np.arange(7))
    assert drawn.caption == "7 of 7 shown"


def test_strata_keep_their_share_and_rare_ones_are_rounded_up():
    drawn = draw_rows(1000, 200, (PREDICTED, REFERENCE), seed=5)
    assert len(drawn.rows) == 200
    assert drawn.caption == "200 of 1,000 shown"
    for a in (0, 1):
        for b in (False, True):
            inside = (a == PREDICTED) & (b == REFERENCE)
            share = inside.mean()
            assert 196 * share <= inside[drawn.rows].sum() < 200 * share + 1


def test_the_rarest_stratum_is_never_lost():
    strata = np.zeros(1000, dtype=int)
    strata[77] = 1
    assert 77 in draw_rows(1000, 2, (strata,)).rows


def test_flagged_samples_are_never_dropped():
    flagged = np.array([3, 500, 999])
    assert set(flagged) <= set(draw_rows(1000, 10, (PREDICTED,), flagged).rows)
    beyond = draw_rows(1000, 2, (PREDICTED,), flagged)
    np.testing.assert_array_equal(beyond.rows, flagged)


def test_flags_may_be_a_mask():
    mask = np.zeros(1000, dtype=bool)
    mask[[3, 500, 999]] = True
    np.testing.assert_array_equal(
        draw_rows(1000, 10, (PREDICTED,), mask).rows,
        draw_rows(1000, 10, (PREDICTED,), np.array([3, 500, 999])).rows,
    )
    assert len(draw_rows(1000, 10, flagged=np.array([])).rows) == 10


def test_same_seed_same_rows_and_another_seed_others():
    first = draw_rows(1000, 100, (PREDICTED,), seed=1).rows
    np.testing.assert_array_equal(first, draw_rows(1000, 100, (PREDICTED,), seed=1).rows)
    assert set(first) != set(draw_rows(1000, 100, (PREDICTED,), seed=2).rows)
    assert (np.diff(first) > 0).all()


@pytest.mark.parametrize("more", [51, 200, 1000])
def test_a_larger_limit_keeps_the_smaller_choice(more):
    strata = (PREDICTED, REFERENCE)
    assert set(draw_rows(1000, 50, strata).rows) <= set(draw_rows(1000, more, strata).rows)


def test_no_samples():
    assert draw_rows(0, 5).caption == "0 of 0 shown"
