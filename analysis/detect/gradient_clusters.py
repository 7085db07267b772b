"""Two clusters of per-sample gradients of the output layer; the smaller one suspicious.

After Wu et al. 2025 (GraCeFul), https://arxiv.org/abs/2412.02454: gradients of each sample's loss,
low frequencies of their two-dimensional cosine transform, principal components, Ward's clusters.
The gradient of cross-entropy by the weights of a linear output layer on a vector h is the outer
product (p - e_y) h^T, so it is computed from vectors and probabilities without a backward pass;
for heads with a hidden layer this stands in for the true gradient.
Needs: predictions of the model itself. Blind spot: whatever the vectors alone do not show; a model
that is sure of its training labels has gradients near zero, and the few unsure samples stand out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.detect.configs import GradientClustersConfig
from analysis.detect.matrices import Components, principal_components, require_matrix

MAX_ROWS = 1500  # fitted; Ward's tree costs rows squared


@dataclass(frozen=True)
class GradientClusters:
    """Two centres in principal components of the gradients; the first is the small cluster's."""

    config: GradientClustersConfig
    components: Components
    centres: np.ndarray  # (2, c) float64
    small_share: float  # share of the fitted rows in the small cluster

    def score(self, features: np.ndarray) -> np.ndarray:
        """Position between the big (-1) and the small centre (+1), (n, d + k) -> (n,) float64."""
        gradients = spectra(np.asarray(features, dtype=np.float64), self.config)
        points = (gradients - self.components.mean) @ self.components.axes
        distance = ((points[:, None, :] - self.centres[None]) ** 2).sum(axis=2)
        between = ((self.centres[0] - self.centres[1]) ** 2).sum()
        return np.asarray((distance[:, 1] - distance[:, 0]) / max(float(between), 1e-12))


def fit_gradient_clusters(features: np.ndarray, config: GradientClustersConfig) -> GradientClusters:
    """Cluster n rows, n >= 4: a vector (d) and, behind it, p - e_y (the last `classes` columns).

    Raises:
        KenshinError: fewer than four rows or values that are not finite.
    """
    from scipy.cluster.hierarchy import fcluster, linkage

    matrix = require_matrix(features, min_rows=4, name="the group's vectors and residuals")
    step = max(1, -(-len(matrix) // MAX_ROWS))
    gradients = spectra(matrix[::step], config)
    components = principal_components(gradients, config.n_components)
    points = (gradients - components.mean) @ components.axes
    clusters = fcluster(linkage(points, "ward"), 2, "maxclust") - 1
    small = int(np.bincount(clusters, minlength=2).argmin())
    inside = clusters == small
    centres = [points[part].mean(axis=0) if part.any() else points[0] for part in (inside, ~inside)]
    return GradientClusters(config, components, np.stack(centres), float(inside.mean()))


def spectra(rows: np.ndarray, config: GradientClustersConfig) -> np.ndarray:
    """Low frequencies of each row's gradient, (n, d + k) -> (n, k * kept) float64.

    The cosine transform of an outer product is the outer product of both transforms.
    """
    from scipy.fft import dct

    vectors, residuals = rows[:, : -config.classes], rows[:, -config.classes :]
    if config.cosine:
        vectors = dct(vectors, norm="ortho", axis=1)[:, : config.low]
        residuals = dct(residuals, norm="ortho", axis=1)
    gradients: np.ndarray = (residuals[:, :, None] * vectors[:, None, :]).reshape(len(rows), -1)
    return gradients
