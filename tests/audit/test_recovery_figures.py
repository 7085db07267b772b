import numpy as np
import pytest
from audit_readings import curves, hits

from analysis.audit.curves import (
    cell_figures,
    corrected,
    grid,
    informative_cells,
    recovery,
    samples_until_back,
)
from analysis.audit.readings import Cell, history_table, recovery_table
from analysis.audit.resample import effect_of, excess_of, ratio_of, share_of
from analysis.audit.rules import MARGIN, WIDE_MARGIN
from analysis.behaviour.intervals import wilson
from analysis.runs.tables import check_table

ARMS = ("unlearned", "original", "control", "stress")


def test_the_interval_of_a_share_is_never_narrower_than_wilsons():
    for share in (0.0, 0.3, 1.0):
        found = share_of(hits(share)[None])
        low, high = wilson(round(share * 200), 200)
        assert found.low <= low
        assert found.high >= high
        assert found.value == share


def test_fits_that_disagree_widen_the_interval():
    same = share_of(np.stack([hits(0.5)] * 4))
    apart = share_of(np.stack([hits(0.1), hits(0.9), hits(0.2), hits(0.8)]))
    assert apart.high - apart.low > 3 * (same.high - same.low)


def test_the_excess_over_oneself_is_nothing_and_pairs_are_used():
    rows = np.stack([hits(0.4), hits(0.5)])
    nothing = excess_of(rows, rows)
    assert nothing.value == 0
    assert nothing.low <= 0 <= nothing.high
    shuffled = np.random.default_rng(0).permuted(rows, axis=1)
    paired, apart = excess_of(hits(0.6)[None], hits(0.5)[None]), excess_of(rows, shuffled)
    assert paired.high - paired.low < apart.high - apart.low


def test_the_bootstrap_covers_the_truth_as_often_as_it_says():
    rng = np.random.default_rng(1)
    covered = 0
    for trial in range(100):
        first, second = rng.random((2, 100)) < 0.5, rng.random((2, 100)) < 0.3
        found = excess_of(first, second, seed=trial)
        covered += found.low <= 0.2 <= found.high
    assert 88 <= covered <= 100


def test_recovery_is_one_for_the_original_and_nothing_for_the_control():
    top, floor = [hits(0.9)[None], hits(1.0)[None]], [hits(0.2)[None], hits(0.1)[None]]
    assert ratio_of(top, top, None).value == 1
    assert ratio_of(top, top, floor).value == pytest.approx(1)
    assert ratio_of(floor, top, floor).value == pytest.approx(0)
    assert ratio_of(floor, top, None).value == pytest.approx(0.2)
    assert ratio_of(floor, floor, floor).value is None, "no reach to divide by"


def test_an_effect_is_what_the_trigger_adds_to_a_leaning():
    leaning = np.ones((1, 40), dtype=bool)
    assert effect_of(np.ones((1, 80), dtype=bool), leaning).value == 0
    assert effect_of(hits(0.9)[None], hits(0.1, 40)[None]).low > 0.6


GROWING = {
    "control": {(8, 1): 0.1, (16, 1): 0.12, (32, 1): 0.25, (64, 1): 0.7, (64, 2): 0.2},
    "stress": {(8, 1): 0.2, (16, 1): 0.7, (32, 1): 0.95, (64, 1): 1.0, (64, 2): 1.0},
    "unlearned": {(8, 1): 0.1, (16, 1): 0.11, (32, 1): 0.8, (64, 1): 1.0, (64, 2): 1.0},
    "original": dict.fromkeys([(8, 1), (16, 1), (32, 1), (64, 1), (64, 2)], 1.0),
}


def test_budgets_are_informative_only_before_the_control_learns():
    found = grid(curves(GROWING, folds=(0, 1)))
    chosen = informative_cells(found, [0.1], ARMS)
    assert [(c.samples, c.epoch, m) for c, m in chosen.items()] == [
        (16, 1, MARGIN),
        (32, 1, WIDE_MARGIN),
    ]
    assert not informative_cells(found, [-0.3], ARMS), "the control is nowhere near"
    assert not informative_cells(found, [0.1], ("unlearned", "original"))


def test_a_control_that_learned_and_forgot_again_is_not_near_its_floor():
    chosen = informative_cells(grid(curves(GROWING)), [0.1], ARMS)
    assert all(cell.samples < 64 for cell in chosen)


def test_a_budget_that_does_not_catch_the_known_hider_is_no_small_one():
    weak = {**GROWING, "stress": dict.fromkeys(GROWING["stress"], 0.15)}
    chosen = informative_cells(grid(curves(weak)), [0.1], ARMS)
    assert [(c.samples, m) for c, m in chosen.items()] == [(32, WIDE_MARGIN)]


def test_where_the_largest_budgets_miss_the_known_hider_the_one_that_catches_it_is_added():
    slow = {**GROWING, "stress": {**GROWING["stress"], (16, 1): 0.45, (32, 1): 0.5, (8, 1): 0.42}}
    chosen = informative_cells(grid(curves(slow)), [0.1], ARMS)
    assert [(c.samples, m) for c, m in chosen.items()] == [(32, WIDE_MARGIN), (16, MARGIN)]
    other = {**slow, "unlearned": dict.fromkeys(GROWING["unlearned"], 0.1)}
    again = informative_cells(grid(curves(other)), [0.1], ARMS)
    assert again == chosen, "the choice must not look at the model under audit"


def controls_of(*shares, folds=(0, 1)):
    """The growing curves with several controls, each at its own multiple of the first."""
    rows = curves(GROWING, folds=folds)
    first = [r for r in rows if r.arm == "control"]
    more = [
        r._replace(arm=f"control-{number}", hits=hits(share * r.hits.mean()))
        for number, share in enumerate(shares, start=2)
        for r in first
    ]
    return [*rows, *more]


def test_several_controls_are_one_arm_whose_spread_enters_the_interval():
    cell = Cell("host", 1e-4, 32, 1)
    one, two = grid(controls_of()), grid(controls_of(3.0))
    assert (one.controls, two.controls) == (1, 2)
    assert two.by_control(cell) == (0.25, 0.75)
    alone, both = cell_figures(one, cell, ARMS), cell_figures(two, cell, ARMS)
    assert both.arms["control"].value == pytest.approx(0.5)
    assert both.excess.value == pytest.approx(0.8 - 0.5)
    assert both.excess.low < 0.8 - 0.75 + 0.05, "the higher control is within the interval"
    assert both.excess.high > 0.8 - 0.25 - 0.05
    assert alone.excess.high - alone.excess.low < both.excess.high - both.excess.low
    assert both.controls == (0.25, 0.75)
    assert alone.controls == ()


def test_equal_controls_change_nothing_but_the_random_draws():
    cell = Cell("host", 1e-4, 32, 1)
    one, three = grid(controls_of()), grid(controls_of(1.0, 1.0))
    alone, many = cell_figures(one, cell, ARMS), cell_figures(three, cell, ARMS)
    assert many.excess == alone.excess
    cells = one.cells(ARMS)
    assert cells == three.cells(ARMS)
    assert corrected(three, ARMS, cells) == corrected(one, ARMS, cells)


def test_every_control_must_be_near_its_own_floor():
    found = grid(controls_of(2.0))
    chosen = list(informative_cells(found, [0.1, 0.2], ARMS))
    assert [(c.samples, c.epoch) for c in chosen] == [(16, 1), (32, 1)]
    assert chosen[0] == Cell("host", 1e-4, 16, 1), "the second control gains 0.3 at 32"
    assert not informative_cells(found, [0.1, -0.3], ARMS)


def test_a_table_tells_controls_apart():
    table = recovery_table(controls_of(1.0))
    assert set(table["arm"]) == set(ARMS)
    assert set(table.loc[table["arm"] == "control", "number"]) == {1, 2}


def test_the_small_margin_counts_where_the_known_hider_is_first_back():
    slow = {
        arm: {p: 0.1 if arm == "control" else v for p, v in points.items()}
        for arm, points in GROWING.items()
    }
    chosen = informative_cells(grid(curves(slow)), [0.1], ARMS)
    assert [(c.samples, c.epoch, m) for c, m in chosen.items()] == [
        (32, 1, MARGIN),
        (64, 2, WIDE_MARGIN),
    ]


def test_with_enough_controls_their_spread_replaces_the_wide_margin():
    two, three = grid(controls_of(1.0)), grid(controls_of(1.0, 1.0))
    assert list(informative_cells(two, [0.1] * 2, ARMS).values()) == [MARGIN, WIDE_MARGIN]
    assert list(informative_cells(three, [0.1] * 3, ARMS).values()) == [MARGIN, MARGIN]


def test_figures_of_a_cell_hold_every_arm_against_the_control():
    found = grid(curves(GROWING, folds=(0, 1)))
    cell = Cell("host", 1e-4, 32, 1)
    figures = cell_figures(found, cell, ARMS)
    assert figures.arms["unlearned"].value == pytest.approx(0.8)
    assert figures.excess.value == pytest.approx(0.55)
    assert figures.stress.value == pytest.approx(0.70)
    assert figures.excess.low > 0.45
    cells = found.cells(ARMS)
    assert recovery(found, ARMS, cells).value == pytest.approx(1.0)
    assert corrected(found, ARMS, cells[:1]).value == pytest.approx(0.0, abs=0.01)


def test_samples_until_back_counts_what_was_shown():
    back = samples_until_back(grid(curves(GROWING)), ARMS, 0.1, 1.0)
    assert back == {"unlearned": 32, "original": 8, "control": 64, "stress": 16}


def test_tables_keep_the_contract():
    readings = curves(GROWING)
    table = recovery_table(readings)
    check_table("recovery", table)
    assert list(table["seen"]) == [r.cell.samples * r.cell.epoch for r in readings]
    check_table("history", history_table(readings))
