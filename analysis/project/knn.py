"""Exact nearest neighbours, computed once per site and shared by t-SNE and UMAP."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

_BLOCK_ENTRIES = 4_000_000  # distances held at once: 32 MB in float64


class Neighbours(NamedTuple):
    """Nearest first; equal distances are ordered by row, so that results repeat."""

    indices: np.ndarray  # (n, k) int32
    distances: np.ndarray  # (n, k) float64


def squared_distances(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Squared Euclidean distances, (m, d), (n, d) -> (m, n) float64, never negative."""
    left, right = left.astype(np.float64), right.astype(np.float64)
    result = left @ right.T
    result *= -2.0
    result += (left**2).sum(axis=1)[:, None]
    result += (right**2).sum(axis=1)
    return np.maximum(result, 0.0, out=result)


def nearest(queries: np.ndarray, data: np.ndarray, k: int) -> Neighbours:
    """The k rows of `data` nearest to each query, (m, c), (n, c) -> (m, k), k <= n."""
    return _search(queries, data, k, same=False)


def nearest_others(data: np.ndarray, k: int) -> Neighbours:
    """The k rows nearest to each row, itself excluded, (n, c) -> (n, k), k < n."""
    return _search(data, data, k, same=True)


def _search(queries: np.ndarray, data: np.ndarray, k: int, same: bool) -> Neighbours:
    step = max(1, _BLOCK_ENTRIES // max(len(data), 1))
    indices = np.empty((len(queries), k), dtype=np.int32)
    distances = np.empty((len(queries), k))
    for start in range(0, len(queries), step):
        rows = slice(start, min(start + step, len(queries)))
        block = squared_distances(queries[rows], data)
        if same:
            inside = np.arange(block.shape[0])
            block[inside, inside + start] = np.inf
        indices[rows] = k_smallest(block, k)
        # The expanded square loses the small distances; take the difference for the few kept.
        found = data[indices[rows]].astype(np.float64) - queries[rows].astype(np.float64)[:, None]
        distances[rows] = np.sqrt((found**2).sum(axis=2))
    order = np.lexsort((indices, distances), axis=1)
    return Neighbours(
        np.take_along_axis(indices, order, axis=1), np.take_along_axis(distances, order, axis=1)
    )


def k_smallest(rows: np.ndarray, k: int) -> np.ndarray:
    """Column indices of the k smallest entries of each row, (m, n) -> (m, k), unordered."""
    if k >= rows.shape[1]:
        return np.broadcast_to(np.arange(rows.shape[1]), rows.shape)[:, :k].copy()
    return np.argpartition(rows, k - 1, axis=1)[:, :k]
