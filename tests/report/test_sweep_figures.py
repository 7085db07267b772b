"""The trade-off of a sweep: which looks count, and what the cheapest of them costs."""

import numpy as np
import pandas as pd
import pytest

from analysis.report.sweep_figures import (
    SHOWN,
    at_moment,
    frontier,
    price,
    sweep_heatmap,
    sweep_sentence,
    trade_off,
)

COLUMNS = ["cell", "strength", "learning_rate", "batch_size", "step"]


def table(rows):
    """(cell, strength, rate, step, accuracy change, excess, inverted) per row."""
    return pd.DataFrame(
        [(c, s, r, 16, step, a, e, i) for c, s, r, step, a, e, i in rows],
        columns=[*COLUMNS, "accuracy_change", "excess_asr", "inverted"],
    )


GENTLE = table(
    [
        (0, 1.0, 1e-5, 0, 0.0, 0.85, False),
        (0, 1.0, 1e-5, 10, -0.01, 0.02, False),
        (1, 10.0, 1e-5, 10, -0.002, 0.60, False),
        (1, 10.0, 1e-5, 20, -0.004, 0.30, False),
    ]
)
ROUGH = table([(0, 1.0, 1e-5, 0, 0.0, 0.85, False), (0, 1.0, 1e-5, 10, -0.09, -0.04, True)])


def test_the_price_is_the_least_loss_among_looks_that_removed_without_inverting():
    assert price(GENTLE) == pytest.approx(0.01)
    assert price(ROUGH) is None, "its only look near the floor has inverted the trigger"


def test_the_frontier_keeps_no_look_that_another_beats_in_both():
    rng = np.random.default_rng(0)
    rows = [
        (n, 1.0, 1e-5, 10, -abs(a), e, False) for n, (a, e) in enumerate(rng.normal(size=(200, 2)))
    ]
    every = table(rows)
    kept = frontier(every)
    for row in kept.itertuples():
        better = (every["accuracy_change"] >= row.accuracy_change) & (
            every["excess_asr"].abs() < abs(row.excess_asr)
        )
        assert not better.any()
    assert kept["left"].is_monotonic_decreasing
    assert kept["left"].min() == every["excess_asr"].abs().min()


def test_a_setting_that_ended_early_stands_with_its_last_look():
    shown = at_moment(GENTLE, 20)
    assert shown["step"].tolist() == [10, 20]
    assert at_moment(GENTLE, None)["excess_asr"].tolist() == [0.02, 0.30]


def test_heatmaps_of_two_models_share_their_scale():
    for figure in SHOWN:
        drawn = [
            sweep_heatmap(at_moment(t, None), figure, "lambda", "light").data[0]
            for t in (GENTLE, ROUGH)
        ]
        assert {(h.zmin, h.zmax) for h in drawn} == {(-figure.limit, figure.limit)}
    grid = sweep_heatmap(at_moment(GENTLE, None), SHOWN[0], "lambda", "light").data[0]
    assert list(grid.y) == ["1", "10"]
    assert np.asarray(grid.z, dtype=float).ravel().tolist() == [0.02, 0.30]


def test_the_sentence_names_every_model_and_says_never_where_nothing_works():
    said = sweep_sentence({"text": GENTLE, "code": ROUGH})
    assert "text: 1 points" in said
    assert "code: never" in said
    assert "No setting" in sweep_sentence({"code": ROUGH})


def test_the_trade_off_draws_points_and_a_line_per_model():
    figure = trade_off({"text": GENTLE, "code": ROUGH}, "dark")
    assert [trace.mode for trace in figure.data] == ["markers", "lines"] * 2
    assert list(figure.data[0].x) == pytest.approx([0, 1, 0.2, 0.4])
