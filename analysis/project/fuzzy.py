"""UMAP's fuzzy neighbourhoods: distances to the k nearest points become memberships.

McInnes et al., 2018, section 3.1 and algorithm 3. Written out here because umap-learn compiles
this small part for several seconds in every process; a test holds it to umap-learn's result.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_matrix

from analysis.project.knn import Neighbours

_HALVINGS = 64
_LEAST_WIDTH = 1e-3  # of the mean neighbour distance, as in umap-learn


def memberships(distances: np.ndarray, connected: bool) -> np.ndarray:
    """Membership of each neighbour, exp(-(d - rho) / sigma), sum over neighbours log2(k + 1).

    Args:
        distances: (n, k) float, nearest first, the point itself not among them.
        connected: subtract the distance rho to the nearest neighbour, which makes it a full
            member (fitting); without it (placing), a far point is far from all.

    Returns:
        (n, k) float64 in (0, 1].
    """
    k = distances.shape[1]
    if connected:
        positive = np.where(distances > 0, distances, np.inf).min(axis=1)
        rho = np.where(np.isfinite(positive), positive, 0.0)
    else:
        rho = np.zeros(len(distances))
    excess = np.maximum(distances - rho[:, None], 0.0)
    sigma = _widths(excess, np.log2(k + 1))
    mean = np.where(
        rho > 0,
        distances.sum(axis=1) / (k + 1),
        distances.sum() / max(distances.size + len(distances), 1),
    )
    sigma = np.maximum(sigma, _LEAST_WIDTH * mean)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(excess > 0, excess / sigma[:, None], 0.0)
    return np.exp(-ratio)


def _widths(excess: np.ndarray, target: float) -> np.ndarray:
    """Sigma with sum exp(-excess / sigma) = target for each row, by bisection, (n,) float64."""
    low, high = np.zeros(len(excess)), np.full(len(excess), np.inf)
    sigma = np.ones(len(excess))
    for _ in range(_HALVINGS):
        total = np.exp(-excess / sigma[:, None]).sum(axis=1)
        too_wide = total > target
        high = np.where(too_wide, sigma, high)
        low = np.where(too_wide, low, sigma)
        sigma = np.where(np.isfinite(high), (low + high) / 2, sigma * 2)
        sigma = np.maximum(sigma, np.finfo(float).tiny)
    return sigma


def fuzzy_graph(neighbours: Neighbours) -> coo_matrix:
    """Symmetric graph a + b - a b of the memberships in both directions, (n, n) float64."""
    n, k = neighbours.indices.shape
    values = memberships(neighbours.distances, connected=True).ravel()
    rows = np.repeat(np.arange(n, dtype=np.int32), k)
    directed = coo_matrix((values, (rows, neighbours.indices.ravel())), shape=(n, n)).tocsr()
    backward = directed.T.tocsr()
    graph = (directed + backward - directed.multiply(backward)).tocsr()
    graph.sort_indices()
    return graph.tocoo()
