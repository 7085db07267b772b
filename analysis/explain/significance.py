"""How surprising it is that the holders of an item share a class; chance bounded over all items.

The z-score is that of a permutation test: the sum of residuals over an item's holders against the
same sum over random samples. The adjusted p-value is Westfall and Young's maximum statistic
(1993), the chance that *any* item reaches the z when residuals are dealt out at random; it stays
honest although items overlap. For 0/1 events the exact hypergeometric tail with Bonferroni's
correction resolves smaller values.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse, stats

PERMUTATIONS = 199


def item_z(matrix: sparse.csr_matrix, residuals: np.ndarray) -> np.ndarray:
    """Permutation z of each item, (n, items), (n,) or (n, b) -> (items,) or (items, b) float64."""
    n = matrix.shape[0]
    centred = residuals - residuals.mean(axis=0)
    spread = centred.std(axis=0)
    support = np.asarray(matrix.sum(axis=0)).ravel().astype(np.float64)
    variance = support * (n - support) / max(n - 1, 1)
    scale = np.sqrt(np.maximum(variance, 1e-12))
    total = np.asarray(matrix.T @ centred.astype(np.float32), dtype=np.float64)
    scale = scale[:, None] if total.ndim == 2 else scale
    return np.asarray(total / scale / np.maximum(spread, 1e-12))


def null_maxima(
    matrix: sparse.csr_matrix,
    residuals: np.ndarray,
    rng: np.random.Generator,
    permutations: int = PERMUTATIONS,
) -> np.ndarray:
    """Largest z over all items in each of `permutations` random deals, (permutations,) float64.

    Where no item exists the maxima are 0.
    """
    maxima = np.zeros(permutations)
    if matrix.shape[1] == 0:
        return maxima
    for start in range(0, permutations, 20):  # blocks bound the memory at items x 20
        size = min(20, permutations - start)
        deals = np.stack([rng.permutation(residuals) for _ in range(size)], axis=1)
        maxima[start : start + size] = item_z(matrix, deals).max(axis=0)
    return maxima


def adjusted_p(z: np.ndarray, maxima: np.ndarray) -> np.ndarray:
    """Chance that any item reaches `z`, (items,) -> (items,) float64 in (0, 1]."""
    ordered = np.sort(maxima)
    above = len(ordered) - np.searchsorted(ordered, z, side="left")
    return np.asarray((1 + above) / (1 + len(ordered)))


def exact_p(
    matrix: sparse.csr_matrix, event: np.ndarray, columns: np.ndarray, n_tests: int
) -> np.ndarray:
    """Bonferroni-corrected hypergeometric tail of some items, (c,) float64 in [0, 1].

    Args:
        matrix: (n, items).
        event: (n,) bool, whether a sample has the class.
        columns: (c,) int, the items.
        n_tests: how many items were looked at.
    """
    n = matrix.shape[0]
    part = matrix[:, columns]
    support = np.asarray(part.sum(axis=0)).ravel()
    hits = np.asarray(part.T @ event.astype(np.float32)).ravel()
    tail = stats.hypergeom.sf(np.round(hits) - 1, n, int(event.sum()), np.round(support))
    return np.asarray(np.minimum(tail * n_tests, 1.0))
