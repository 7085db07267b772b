"""Activation clustering: two clusters inside one class, the smaller one suspicious.

Chen et al. 2018, https://arxiv.org/abs/1811.03728 (PCA instead of ICA, 10 components and 2-means,
as in ART). The score is continuous: how much nearer a sample lies to the small cluster's centre,
in units of the distance between both centres.
Needs: the activations of one class. Blind spot: poison that forms no cluster of its own, which is
the usual case at a few percent; `silhouette` and `small_share` say how far to trust it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.detect.configs import ActivationClusteringConfig
from analysis.detect.matrices import Components, principal_components, require_matrix

_STARTS = 4


@dataclass(frozen=True)
class ActivationClustering:
    """Two centres in principal components; the first is the small cluster's."""

    components: Components
    centres: np.ndarray  # (2, c) float64
    small_share: float  # share of the fitted rows in the small cluster
    silhouette: float  # mean silhouette on a fixed subset, -1 to 1

    def score(self, features: np.ndarray) -> np.ndarray:
        """Position between the big (-1) and the small centre (+1), (n, d) -> (n,) float64."""
        centred = np.asarray(features, dtype=np.float64) - self.components.mean
        points = centred @ self.components.axes
        distance = ((points[:, None, :] - self.centres[None]) ** 2).sum(axis=2)
        between = ((self.centres[0] - self.centres[1]) ** 2).sum()
        return np.asarray((distance[:, 1] - distance[:, 0]) / max(float(between), 1e-12))


def fit_activation_clustering(
    features: np.ndarray, config: ActivationClusteringConfig
) -> ActivationClustering:
    """Cluster (n, d) features, n >= 4, into two.

    Raises:
        KenshinError: fewer than four rows or values that are not finite.
    """
    matrix = require_matrix(features, min_rows=4, name="the group's activations")
    components = principal_components(matrix, config.n_components)
    points = (matrix - components.mean) @ components.axes
    labels, centres = _two_means(points)
    small = int(np.bincount(labels, minlength=2).argmin())
    return ActivationClustering(
        components,
        centres[[small, 1 - small]],
        float((labels == small).mean()),
        _silhouette(points, labels, config),
    )


def _two_means(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Best of the runs that start from a median split along each leading component.

    Random starts would make the result depend on the order of the rows.
    """
    from sklearn.cluster import KMeans

    runs = []
    for axis in range(min(_STARTS, points.shape[1])):
        upper = points[:, axis] > np.median(points[:, axis])
        if not upper.any():
            upper[points[:, axis].argmax()] = True
        start = np.stack([points[~upper].mean(axis=0), points[upper].mean(axis=0)])
        runs.append(KMeans(2, init=start, n_init=1, random_state=0).fit(points))
    model = min(runs, key=lambda run: run.inertia_)
    return model.labels_, model.cluster_centers_


def _silhouette(
    points: np.ndarray, labels: np.ndarray, config: ActivationClusteringConfig
) -> float:
    from sklearn.metrics import silhouette_score

    step = max(1, -(-len(points) // config.silhouette_rows))
    points, labels = points[::step], labels[::step]
    if len(np.unique(labels)) < 2 or len(points) < 3:
        return 0.0
    return float(silhouette_score(points, labels))
