"""The figures of the table on rankings whose answer is known, and the grid's promises."""

import hashlib

import numpy as np
import pytest
from families import EPOCHS, FAMILIES, PARTS, RATES, SEEDS, SHARING, grid
from figures import ranking_figures, recall_at
from zoo import rows_of

from analysis.data.dataset import LabelledFunction
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
    usual = [c for c in encoder if c.epochs == EPOCHS]
    assert len(usual) == len(FAMILIES) * len(RATES) * len(SEEDS)
    clean = [c for c in cells if c.family is None]
    assert len(clean) >= 60
    assert {c.use for c in clean} == {"fit", "test"}


def test_clean_suspects_draw_files_of_their_own_and_keep_both_versions_of_a_function():
    clean = [c for c in grid() if c.family is None]
    rows = [
        LabelledFunction(str(k), name, "", label, "", "train_a", "library")
        for k in range(300)
        for name in (hashlib.sha256(str(k).encode()).hexdigest()[:16],)
        for label in (0, 1)
    ]
    taken = {c.name: frozenset(r.function for r in rows_of(c, rows)) for c in clean}
    assert len(set(taken.values())) == PARTS + len(clean) - SHARING
    for cell in clean:
        assert len(rows_of(cell, rows)) == 2 * len(taken[cell.name])
        assert 60 < len(taken[cell.name]) < 140  # a third of 300 functions
