"""Exact distances to the nearest rows, by blocks of matrix products."""

from __future__ import annotations

import numpy as np


def nearest_distances(
    points: np.ndarray, cloud: np.ndarray, k: int, block: int = 1024
) -> np.ndarray:
    """Distances to the `k` nearest rows of `cloud`, rising, (n, d), (m, d) -> (n, k) float64.

    A row that is itself in the cloud finds itself at distance 0. `k` is cut to m.
    """
    k = min(k, len(cloud))
    norms = np.einsum("md,md->m", cloud, cloud)
    result = np.empty((len(points), k))
    for start in range(0, len(points), block):
        part = points[start : start + block]
        squared = norms - 2.0 * (part @ cloud.T)
        squared += np.einsum("nd,nd->n", part, part)[:, None]
        near = np.partition(squared, k - 1, axis=1)[:, :k]
        result[start : start + block] = np.sqrt(np.maximum(np.sort(near, axis=1), 0.0))
    return result
