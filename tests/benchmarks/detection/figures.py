"""Figures of one ranking against the truth."""

from __future__ import annotations

import numpy as np
from sklearn.metrics import average_precision_score, roc_curve

from analysis.detect.statistics import auc

BUDGETS = (1.0, 1.5, 2.0)  # times the number of poisoned rows
FALSE_ALARMS = (0.01, 0.05)


def ranking_figures(scores: np.ndarray, poisoned: np.ndarray) -> dict[str, float]:
    """ROC-AUC, PR-AUC, recall at fixed false positives and at fixed budgets; needs both kinds."""
    figures = {
        "auc": auc(scores, poisoned),
        "pr_auc": float(average_precision_score(poisoned, scores)),
    }
    false, true, _ = roc_curve(poisoned, scores, drop_intermediate=False)
    for share in FALSE_ALARMS:
        figures[f"recall_fpr_{share:g}"] = float(true[false <= share].max(initial=0.0))
    for budget in BUDGETS:
        figures[f"recall_{budget:g}x"] = recall_at(scores, poisoned, budget)
    return figures


def recall_at(scores: np.ndarray, poisoned: np.ndarray, budget: float) -> float:
    """Share of the poisoned rows among the first `budget` times their number; ties share a place.

    Rows that tie at the border count with the share of them that still fits.
    """
    count = min(round(budget * int(poisoned.sum())), len(scores))
    border = np.partition(scores, len(scores) - count)[len(scores) - count]
    above, tied = scores > border, scores == border
    room = (count - int(above.sum())) / max(int(tied.sum()), 1)
    caught = poisoned[above].sum() + room * poisoned[tied].sum()
    return float(caught / poisoned.sum())
