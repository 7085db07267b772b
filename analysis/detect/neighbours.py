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


def nearest_rows(
    points: np.ndarray, cloud: np.ndarray, k: int, block: int = 1024
) -> tuple[np.ndarray, np.ndarray]:
    """The `k` nearest rows of `cloud`, nearest first, and their squared distances.

    (n, d), (m, d) -> (n, k) int64 and (n, k) float64; a row in the cloud finds itself first.
    `k` is cut to m.
    """
    k = min(k, len(cloud))
    norms = np.einsum("md,md->m", cloud, cloud)
    rows, found = np.empty((len(points), k), dtype=np.int64), np.empty((len(points), k))
    for start in range(0, len(points), block):
        part = points[start : start + block]
        squared = norms - 2.0 * (part @ cloud.T)
        squared += np.einsum("nd,nd->n", part, part)[:, None]
        near = np.argpartition(squared, k - 1, axis=1)[:, :k]
        distance = np.take_along_axis(squared, near, axis=1)
        order = np.argsort(distance, axis=1, kind="stable")
        rows[start : start + block] = np.take_along_axis(near, order, axis=1)
        found[start : start + block] = np.take_along_axis(distance, order, axis=1)
    return rows, np.maximum(found, 0.0)
