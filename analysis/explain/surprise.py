"""Does the reference really speak against the label of a text's samples, or is it just unsure?

A reference that knows a task badly expects no sample's label, so whatever goes along with a label
stands out against it: 60 % accuracy make of every line that is common in one class a trigger. What
poison leaves is more: its samples look to the reference *less* like their class than other samples
of that class do. That is asked here, among the samples of one class only, where the plain tie of a
text to the class cannot count any more.
Blind spot: a real feature that is all of a class to its samples and that the reference never saw.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from analysis.detect.evidence import LEVEL_UNSURE
from analysis.explain.items import ItemTable
from analysis.explain.residuals import Residuals
from analysis.explain.significance import adjusted_p, null_maxima
from analysis.records import TriggerCandidate

FEWEST_OTHERS = 20  # further samples of the class that the holders are compared with


def with_unsure(
    candidates: Sequence[TriggerCandidate], inside: Mapping[int, ClassSurprise]
) -> list[TriggerCandidate]:
    """The candidates, each with the chance that the reference is only unsure of its class.

    Args:
        candidates: of any class.
        inside: by class; empty without a reference: nobody was asked, and they stay as they are.
    """
    return [
        replace(c, unsure_p=inside[c.target].p(c.rows)) if c.target in inside else c
        for c in candidates
    ]


class ClassSurprise:
    """How much less the reference believes in a class on some samples than on others of it."""

    def __init__(self, items: ItemTable, residuals: Residuals, target: int, seed: int) -> None:
        """Deal the reference's probabilities out inside the class once, for all texts.

        Args:
            items: of the n samples.
            residuals: against a reference.
            target: the class.
            seed: of the deals.
        """
        self._rows = np.flatnonzero(residuals.own == target)
        self._doubt = 1.0 - residuals.expected[self._rows, target]
        rng = np.random.default_rng([seed, target, 1])
        self._maxima = null_maxima(items.matrix[self._rows], self._doubt, rng)

    def needed(self, doubt: float) -> float:
        """Samples of mean doubt `doubt` that surprise the reference; infinite where none do.

        0 where the class has too few samples to ask: its texts are doubted anyway.
        """
        spread, gain = float(self._doubt.std()), doubt - float(self._doubt.mean())
        if len(self._doubt) < FEWEST_OTHERS or spread < 1e-9:
            return 0.0
        bar = float(np.quantile(self._maxima, 1.0 - LEVEL_UNSURE))
        return (bar * spread / gain) ** 2 if gain > 0.0 else float("inf")

    def p(self, rows: np.ndarray) -> float:
        """Chance that some text of the class is as surprising, among all texts; in (0, 1].

        1 where the class has too few other samples to compare with.

        Args:
            rows: (m,) int, the holders; those of other classes do not count.
        """
        hold = np.isin(self._rows, rows)
        n, m = len(hold), int(hold.sum())
        spread = float(self._doubt.std())
        if m == 0 or n - m < FEWEST_OTHERS or spread < 1e-9:
            return 1.0
        total = float((self._doubt - self._doubt.mean())[hold].sum())
        z = total / spread / np.sqrt(m * (n - m) / (n - 1))
        return float(adjusted_p(np.array([z]), self._maxima)[0])
