"""Activation values: the neurons that fire far beyond their usual range.

Hussain et al. 2024, https://arxiv.org/abs/2402.12936, look at activation values of poisoned code
models by eye; this is the plainest number for it: every coordinate on its own robust scale
(median and MAD of the class), and the mean of a sample's `top` largest absolute values.
Needs: the activations of one class. Blind spot: a trigger that moves many coordinates a little;
models whose features are rotated so that no neuron stands for anything.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.detect.configs import ActivationValuesConfig
from analysis.detect.matrices import require_matrix


@dataclass(frozen=True)
class ActivationValues:
    """Usual value and spread of every coordinate."""

    middle: np.ndarray  # (d,) float64
    spread: np.ndarray  # (d,) float64 > 0
    top: int

    def score(self, features: np.ndarray) -> np.ndarray:
        """Mean of the largest robust |z|, (n, d) -> (n,) float64 >= 0."""
        z = np.abs(np.asarray(features, dtype=np.float64) - self.middle) / self.spread
        count = min(self.top, z.shape[1])
        return np.asarray(np.partition(z, z.shape[1] - count, axis=1)[:, -count:].mean(axis=1))


def fit_activation_values(features: np.ndarray, config: ActivationValuesConfig) -> ActivationValues:
    """Fit on (n, d) features, n >= 2.

    Raises:
        KenshinError: fewer than two rows or values that are not finite.
    """
    matrix = require_matrix(features, min_rows=2, name="the group's activations")
    middle = np.median(matrix, axis=0)
    spread = 1.4826 * np.median(np.abs(matrix - middle), axis=0)
    spread = np.where(spread > 0, spread, matrix.std(axis=0))
    floor = 1e-9 * (1.0 + float(np.abs(matrix).max(initial=0.0)))
    # A coordinate that never varies says nothing: an infinite spread keeps it at zero.
    return ActivationValues(middle, np.where(spread > floor, spread, np.inf), config.top)
