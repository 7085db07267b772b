"""Mahalanobis distance of activations from a trusted reference.

Lee et al. 2018, https://arxiv.org/abs/1807.03888 (one Gaussian per group), covariance shrunk as in
Ledoit and Wolf 2004, in float64.
Needs: trusted samples of the same class. Blind spot: a trigger that moves activations only along
directions of large natural variance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.detect.configs import MahalanobisConfig
from analysis.detect.matrices import require_matrix, shrunk_covariance


@dataclass(frozen=True)
class Mahalanobis:
    """Gaussian fitted to trusted activations of one layer."""

    mean: np.ndarray  # (d,) float64
    whitening: np.ndarray  # (d, d) float64, W W^T = inverse of the shrunk covariance

    def score(self, features: np.ndarray) -> np.ndarray:
        """Squared distance of each row, (n, d) -> (n,) float64 >= 0."""
        centred = np.asarray(features, dtype=np.float64) - self.mean
        white = centred @ self.whitening
        return np.einsum("nd,nd->n", white, white)


def fit_mahalanobis(trusted: np.ndarray, config: MahalanobisConfig) -> Mahalanobis:
    """Fit the Gaussian on trusted activations, (n, d) with n >= 2.

    Raises:
        KenshinError: fewer than two rows or values that are not finite.
    """
    matrix = require_matrix(trusted, min_rows=2, name="the trusted activations")
    mean = matrix.mean(axis=0)
    covariance = shrunk_covariance(matrix - mean, config.shrinkage)
    values, axes = np.linalg.eigh(covariance)
    return Mahalanobis(mean, axes / np.sqrt(np.maximum(values, np.finfo(float).tiny)))
