"""Local density in whitened principal components; dense is suspicious.

A trigger draws its samples to one place. Density is 1 / mean distance to the k nearest rows of
the group (the local reachability idea of Breunig et al. 2000 without its ratio), after whitening
so that no natural direction dominates.
Needs: the activations of one class. Blind spot: its sign. Below k poisoned samples a trigger makes
its samples sparser, not denser, than clean ones.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.detect.configs import DensityConfig
from analysis.detect.matrices import Components, principal_components, require_matrix
from analysis.detect.neighbours import nearest_distances


@dataclass(frozen=True)
class Density:
    """A whitened group."""

    components: Components
    cloud: np.ndarray  # (m, c) float64, unit variance
    k: int
    floor: float  # smallest distance that counts, so that duplicates stay finite

    def score(self, features: np.ndarray) -> np.ndarray:
        """Density around each row of the fitted group, (n, d) -> (n,) float64 > 0.

        The nearest row is left out: it is the row itself.
        """
        near = nearest_distances(_whiten(features, self.components), self.cloud, self.k + 1)
        distance = near[:, 1:].mean(axis=1) if near.shape[1] > 1 else near[:, 0]
        return np.asarray(1.0 / np.maximum(distance, self.floor))


def fit_density(features: np.ndarray, config: DensityConfig) -> Density:
    """Whiten (n, d) features, n >= 3.

    Raises:
        KenshinError: fewer than three rows or values that are not finite.
    """
    matrix = require_matrix(features, min_rows=3, name="the group's activations")
    components = principal_components(matrix, config.n_components)
    cloud = _whiten(matrix, components)
    floor = 1e-3 * float(np.sqrt(cloud.shape[1]))
    return Density(components, cloud, min(config.k, len(cloud) - 1), floor)


def _whiten(features: np.ndarray, components: Components) -> np.ndarray:
    centred = np.asarray(features, dtype=np.float64) - components.mean
    scale = np.sqrt(np.maximum(components.variance, np.finfo(float).tiny))
    return np.asarray(centred @ components.axes / scale)
