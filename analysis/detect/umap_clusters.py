"""Clusters on a UMAP embedding: every cluster but the largest of a class is suspicious (CUBE).

Cui et al. 2022, https://arxiv.org/abs/2206.08514: UMAP to 10 dimensions (30 neighbours, min_dist
0), HDBSCAN, keep each class's largest cluster. The score is continuous: 1 - share of the sample's
cluster among the fitted rows, noise counts 1; plus at most 0.01 for its distance from the largest
cluster's centre, which breaks ties. Fitted on at most `max_rows` rows in a fixed, stratified choice
(every so manieth along the first component); other rows join their nearest fitted row.
Needs: the activations of one class. Blind spot: HDBSCAN may cut a clean class into dozens of
clusters, and then flags most of it; both happened in our measurements.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.detect.configs import UmapClustersConfig
from analysis.detect.whitening import Whitened, canonical_order, whitened


@dataclass(frozen=True)
class UmapClusters:
    """Fitted rows with the score of each."""

    space: Whitened
    cloud: np.ndarray  # (m, c) float64, fitted rows in whitened components
    values: np.ndarray  # (m,) float64, score of each fitted row
    n_clusters: int  # noise not counted
    noise_share: float

    def score(self, features: np.ndarray) -> np.ndarray:
        """Score of the nearest fitted row, (n, d) -> (n,) float64 in [0, 1.01]."""
        from sklearn.neighbors import NearestNeighbors

        search = NearestNeighbors(n_neighbors=1, algorithm="brute").fit(self.cloud)
        near = search.kneighbors(self.space.points(features), return_distance=False)
        return self.values[near[:, 0]]


def fit_umap_clusters(features: np.ndarray, config: UmapClustersConfig) -> UmapClusters:
    """Embed and cluster (n, d) features, n >= 16.

    Raises:
        KenshinError: fewer than 16 rows or values that are not finite.
    """
    from sklearn.cluster import HDBSCAN

    space = whitened(features, config.n_components, min_rows=16)
    order = canonical_order(space.cloud)
    step = max(1, -(-len(order) // config.max_rows))
    cloud = space.cloud[order[::step]]
    # UMAP sees the plain components: whitening would blow noise up to the size of structure.
    points = cloud * np.sqrt(space.components.variance)
    placed = _embed(points, config)
    size = max(5, min(config.min_cluster, len(points) // 8))
    labels = HDBSCAN(min_cluster_size=size, copy=True).fit_predict(placed)
    sizes = np.bincount(labels[labels >= 0], minlength=1)
    share = np.where(labels >= 0, sizes[np.maximum(labels, 0)] / len(labels), 0.0)
    main = placed[labels == sizes.argmax()] if sizes.max() else placed
    away = np.linalg.norm(placed - np.median(main, axis=0), axis=1)
    values = 1.0 - share + 0.01 * away / max(float(away.max()), 1e-12)
    return UmapClusters(space, cloud, values, int((sizes > 0).sum()), float((labels < 0).mean()))


def _embed(points: np.ndarray, config: UmapClustersConfig) -> np.ndarray:
    import umap

    model = umap.UMAP(
        n_components=min(10, max(2, len(points) - 4)),
        n_neighbors=min(30, len(points) - 1),
        min_dist=0.0,
        init="pca",  # the spectral start fails where copies split the graph
        random_state=config.seed,
        n_jobs=1,
    )
    return np.asarray(model.fit_transform(points), dtype=np.float64)
