"""The figures of the table on rankings whose answer is known, and the grid's promises."""

import numpy as np
import pytest
from families import FAMILIES, RATES, SEEDS, grid
from figures import ranking_figures, recall_at

from analysis.data.triggers import trigger_spec

TRUTH = np.array([True, True, False, False, False, False, False, False])


def test_a_perfect_ranking_is_perfect_everywhere():
    figures = ranking_figures(np.arange(8.0)[::-1], TRUTH)
    assert set(figures.values()) == {1.0}


def test_the_worst_ranking_finds_nothing_until_the_budget_covers_the_end():
    figures = ranking_figures(np.arange(8.0), TRUTH)
    assert figures["auc"] == 0.0
    assert figures["recall_2x"] == 0.0
    assert figures["recall_fpr_0.05"] == 0.0
    assert recall_at(np.arange(8.0), TRUTH, 4.0) == 1.0


def test_ties_share_the_places_that_are_left():
    assert recall_at(np.zeros(8), TRUTH, 1.0) == pytest.approx(2 / 8)
    scores = np.array([1.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0])
    assert recall_at(scores, TRUTH, 1.0) == pytest.approx((2 / 3) / 2)


def test_recall_at_false_positives_counts_whole_rows():
    # One of 100 clean rows stands above the second poisoned one: 1 % allows it, 0.5 % does not.
    scores = np.concatenate([[300.0, 100.0], [200.0], np.arange(99.0)])
    truth = np.arange(102) < 2
    assert ranking_figures(scores, truth)["recall_fpr_0.01"] == 1.0
    assert ranking_figures(scores[:-1], truth[:-1])["recall_fpr_0.01"] == 0.5


def test_the_grid_is_what_was_promised():
    cells = grid()
    assert len({cell.name for cell in cells}) == len(cells)
    assert set(FAMILIES.values()) == {"fit", "test"}
    assert len(FAMILIES) >= 5
    assert all(trigger_spec(name).name == name for name in FAMILIES)
    encoder = [c for c in cells if c.architecture == "codebert-mini" and c.family is not None]
    assert len(encoder) == len(FAMILIES) * len(RATES) * len(SEEDS)
    clean = [c for c in cells if c.family is None]
    assert len(clean) >= 12
    assert {c.use for c in clean} == {"fit", "test"}
