"""Spectral signatures: how far a sample lies along the direction of largest variance.

Tran, Li and Madry 2018, https://arxiv.org/abs/1811.00636, Algorithm 1: centre the features of one
class, take the top right singular vector v, score ((x - mean) . v)^2. Mode `art` is what
adversarial-robustness-toolbox computes: |x . v| with *uncentred* features; rankings can differ.
Needs: the activations of one class. Blind spot: poison that is not the largest variation; a clean
model separates samples with flipped labels in the same way.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.detect.configs import SpectralConfig
from analysis.detect.matrices import principal_components, require_matrix


@dataclass(frozen=True)
class Spectral:
    """The top singular direction of one group."""

    mean: np.ndarray  # (d,) float64
    direction: np.ndarray  # (d,) float64, unit length
    mode: str

    def score(self, features: np.ndarray) -> np.ndarray:
        """Score of each row, (n, d) -> (n,) float64 >= 0; higher is more suspicious."""
        if self.mode == "art":
            return np.abs(np.asarray(features, dtype=np.float64) @ self.direction)
        centred = np.asarray(features, dtype=np.float64) - self.mean
        return np.asarray((centred @ self.direction) ** 2)


def fit_spectral(features: np.ndarray, config: SpectralConfig) -> Spectral:
    """Top right singular vector of the centred features, (n, d) with n >= 2.

    Raises:
        KenshinError: fewer than two rows or values that are not finite.
    """
    matrix = require_matrix(features, min_rows=2, name="the group's activations")
    components = principal_components(matrix, 1)
    return Spectral(components.mean, components.axes[:, 0], config.mode)
