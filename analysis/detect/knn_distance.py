"""Distance to the k-th nearest neighbour, among trusted samples where there are any.

Sun et al. 2022, https://arxiv.org/abs/2204.06507, on principal components of the fitted cloud.
Needs: trusted samples, else the group itself (then a row is not its own neighbour).
Blind spot: poison so frequent that poisoned samples are one another's neighbours.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.detect.configs import KnnConfig
from analysis.detect.matrices import Components, principal_components, require_matrix
from analysis.detect.neighbours import nearest_distances


@dataclass(frozen=True)
class KnnDistance:
    """A cloud in principal components."""

    components: Components
    cloud: np.ndarray  # (m, c) float64
    k: int  # neighbours looked at, own row included where `within`

    def score(self, features: np.ndarray) -> np.ndarray:
        """Distance to the k-th nearest row of the cloud, (n, d) -> (n,) float64."""
        centred = np.asarray(features, dtype=np.float64) - self.components.mean
        return nearest_distances(centred @ self.components.axes, self.cloud, self.k)[:, -1]


def fit_knn_distance(cloud: np.ndarray, config: KnnConfig) -> KnnDistance:
    """Keep (m, d) rows, m >= 2, in their leading principal components.

    Raises:
        KenshinError: fewer than two rows or values that are not finite.
    """
    matrix = require_matrix(cloud, min_rows=2, name="the neighbours' activations")
    components = principal_components(matrix, config.n_components)
    own = 1 if config.within else 0
    k = min(config.k, len(matrix) - own) + own
    return KnnDistance(components, (matrix - components.mean) @ components.axes, k)
