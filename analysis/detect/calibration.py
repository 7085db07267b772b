"""From a combined score to the probability that a sample is poisoned.

Two parts. Samples that hold a located text stand or fall together, so they share one probability:
by the rule of succession over models, which a handful of models can support. All others follow
Platt's (1999) logistic map of the score, fitted with his smoothed targets; it has two constants
because few poisoned samples go without a located text. Both parts are monotone in the rank.

The base rate is that of the models the map was fitted on: for a file that is very likely poisoned,
or very likely not, the numbers are too low or too high.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import minimize


class Ranked(NamedTuple):
    """One model's or file's ranking with the truth about it."""

    name: str
    score: np.ndarray  # (n,) float64, without the lift of holders where they are left out
    located: np.ndarray  # (n,) bool, holds a text that counts against the file
    poisoned: np.ndarray  # (n,) bool


@dataclass(frozen=True)
class Calibration:
    """A fitted map."""

    slope: float  # of the log odds by the score, never negative
    intercept: float
    located: float  # probability of samples that hold a located text

    def apply(self, score: np.ndarray, located: np.ndarray) -> np.ndarray:
        """Probability of each sample, (n,) float, (n,) bool -> (n,) float32."""
        odds = np.clip(self.slope * np.asarray(score, dtype=np.float64) + self.intercept, -50, 50)
        others = np.minimum(1.0 / (1.0 + np.exp(-odds)), self.located)
        return np.where(located, self.located, others).astype(np.float32)


def calibration_of(entry: Mapping[str, Any]) -> Calibration:
    """The map that a stored entry holds; what else stands there is about its fit."""
    return Calibration(*(float(entry[name]) for name in ("slope", "intercept", "located")))


def fit_calibration(models: Sequence[Ranked]) -> Calibration:
    """Fit on the rankings of several models, each of which weighs the same."""
    shares = [m.poisoned[m.located].mean() for m in models if m.located.any()]
    others = [(m.score[~m.located], m.poisoned[~m.located]) for m in models]
    score = np.concatenate([s for s, _ in others])
    truth = np.concatenate([t for _, t in others])
    weight = np.concatenate([np.full(len(s), 1.0 / max(len(s), 1)) for s, _ in others])
    weight *= len(score) / weight.sum()
    slope, intercept = _platt(score, truth, weight)
    return Calibration(slope, intercept, float((sum(shares) + 1) / (len(shares) + 2)))


def _platt(score: np.ndarray, truth: np.ndarray, weight: np.ndarray) -> tuple[float, float]:
    yes, no = float(truth.sum()), float((~truth).sum())
    target = np.where(truth, (yes + 1) / (yes + 2), 1 / (no + 2))

    def loss(constants: np.ndarray) -> tuple[float, np.ndarray]:
        odds = constants[0] * score + constants[1]
        value = weight * (np.logaddexp(0, odds) - target * odds)
        slack = weight * (1 / (1 + np.exp(-np.clip(odds, -500, 500))) - target)
        return float(value.sum()), np.array([slack @ score, slack.sum()])

    start = np.array([0.0, np.log((yes + 1) / (no + 1))])
    bounds = [(0.0, None), (None, None)]
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds)
    return float(found.x[0]), float(found.x[1])
