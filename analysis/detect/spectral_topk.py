"""Spectral signatures over the k largest directions, plain or whitened.

Plain: Ramakrishnan and Albarghouthi 2020, https://arxiv.org/abs/2006.08062: the squared norm of
the centred row's projection on the top k <= 10 right singular vectors, ||V_k^T (x - mean)||^2.
Whitened: each direction is divided by its variance first, so that the largest does not outshout
the others (the Mahalanobis norm inside the leading subspace).
Needs: the activations of one class. Blind spot: poison outside the leading directions; whitened,
any rare kind of clean sample looks the same.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.detect.configs import TopSpectralConfig
from analysis.detect.matrices import Components, principal_components, require_matrix
from analysis.detect.whitening import whiten


@dataclass(frozen=True)
class TopSpectral:
    """The leading directions of one group."""

    components: Components
    whitened: bool

    def score(self, features: np.ndarray) -> np.ndarray:
        """Squared norm inside the leading subspace, (n, d) -> (n,) float64 >= 0."""
        points = whiten(features, self.components)
        if not self.whitened:
            points = points * np.sqrt(self.components.variance)
        return np.einsum("nc,nc->n", points, points)


def fit_top_spectral(features: np.ndarray, config: TopSpectralConfig) -> TopSpectral:
    """Leading directions of (n, d) features, n >= 2.

    Raises:
        KenshinError: fewer than two rows or values that are not finite.
    """
    matrix = require_matrix(features, min_rows=2, name="the group's activations")
    return TopSpectral(principal_components(matrix, config.k), config.whitened)
