"""Local outlier factor: how much sparser a sample's surroundings are than its neighbours'.

Breunig et al. 2000, https://doi.org/10.1145/342009.335388, k = 30, on principal components.
Needs: the activations of one class. Blind spot: poison that forms a group of more than k samples,
which is dense inside.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.detect.configs import LofConfig
from analysis.detect.matrices import Components, principal_components, require_matrix


@dataclass(frozen=True)
class Lof:
    """A fitted scikit-learn model in principal components."""

    components: Components
    model: Any
    fitted: np.ndarray  # (n, c) float64

    def score(self, features: np.ndarray) -> np.ndarray:
        """The factor of each row, (n, d) -> (n,) float64; about 1 inside a cluster.

        The fitted rows themselves are scored without counting as their own neighbours.
        """
        values = np.asarray(features, dtype=np.float64)
        points = (values - self.components.mean) @ self.components.axes
        if points.shape == self.fitted.shape and np.allclose(points, self.fitted):
            return np.asarray(-self.model.negative_outlier_factor_)
        return np.asarray(-self.model.score_samples(points))


def fit_lof(features: np.ndarray, config: LofConfig) -> Lof:
    """Fit on (n, d) features, n >= 3.

    Raises:
        KenshinError: fewer than three rows or values that are not finite.
    """
    from sklearn.neighbors import LocalOutlierFactor

    matrix = require_matrix(features, min_rows=3, name="the group's activations")
    components = principal_components(matrix, config.n_components)
    points = (matrix - components.mean) @ components.axes
    model = LocalOutlierFactor(min(config.k, len(points) - 1), algorithm="brute", novelty=True)
    return Lof(components, model.fit(points), points)
