"""Empirical cumulative distributions: how rare a sample is in the tails of each component.

Li et al. 2022 (ECOD), https://arxiv.org/abs/2201.00382: with the left and right empirical tail
probabilities of every dimension, O = max of the sums of -log p over the left tails, over the right
tails, and over the tail that each dimension's skewness points to. Run on whitened principal
components, whose dimensions are uncorrelated, as the method assumes. PyOD's tails are the same (to
1e-14 on 500 x 30 values, seeds 0 to 2); its code takes the maximum of every dimension before it
sums, this one follows the paper.
Needs: the activations of one class. Blind spot: poison that is ordinary in every component.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import skew

from analysis.detect.configs import EcodConfig
from analysis.detect.whitening import Whitened, whitened


@dataclass(frozen=True)
class Ecod:
    """Sorted values of every component."""

    space: Whitened
    ordered: np.ndarray  # (n, c) float64, each column rising
    skewness: np.ndarray  # (c,) float64

    def score(self, features: np.ndarray) -> np.ndarray:
        """Sum of tail surprises, (n, d) -> (n,) float64 >= 0."""
        points, n = self.space.points(features), len(self.ordered)
        left, right = np.empty_like(points), np.empty_like(points)
        for c in range(points.shape[1]):
            column, tolerance = self.ordered[:, c], 1e-9
            # A fitted row counts itself; the tolerance makes that true after rounding as well.
            below = np.searchsorted(column, points[:, c] + tolerance, side="right")
            above = n - np.searchsorted(column, points[:, c] - tolerance, side="left")
            left[:, c] = -np.log(np.maximum(below, 1) / n)
            right[:, c] = -np.log(np.maximum(above, 1) / n)
        lean = np.where(self.skewness < 0, left, right)
        return np.asarray(np.max([left.sum(1), right.sum(1), lean.sum(1)], axis=0))


def fit_ecod(features: np.ndarray, config: EcodConfig) -> Ecod:
    """Fit on (n, d) features, n >= 3.

    Raises:
        KenshinError: fewer than three rows or values that are not finite.
    """
    space = whitened(features, config.n_components)
    return Ecod(space, np.sort(space.cloud, axis=0), np.asarray(skew(space.cloud, axis=0)))
