"""Ranks of the nearest sample of one's own class, layer after layer.

After TED (Mo et al. 2024, https://arxiv.org/abs/2312.02673): in every layer, sort the known samples
by distance from x and take the rank of the first one with x's predicted class. Clean samples come
near their class early; a triggered one stays with its true class and jumps late. The score is the
Mahalanobis norm of the trajectory log(1 + rank) over the layers. The ranks are made layer by layer
(`layer_ranks`), so one layer is in memory at a time.
Needs: the activations at every layer and two predicted classes; trusted samples where there are
any, else the samples themselves. Blind spot: a task whose classes mix in all early layers, as
small differences in code do.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.detect.configs import MahalanobisConfig, NeighbourRanksConfig
from analysis.detect.mahalanobis import Mahalanobis, fit_mahalanobis
from analysis.detect.matrices import require_matrix

MAX_POOL = 2000  # known samples that are sorted; more cost time and change ranks in proportion
_BLOCK = 512


@dataclass(frozen=True)
class NeighbourRanks:
    """Usual trajectories of one class."""

    cloud: Mahalanobis

    def score(self, features: np.ndarray) -> np.ndarray:
        """Distance of each trajectory from the usual ones, (n, l) ranks -> (n,) float64 >= 0."""
        return self.cloud.score(np.log1p(np.asarray(features, dtype=np.float64)))


def fit_neighbour_ranks(features: np.ndarray, config: NeighbourRanksConfig) -> NeighbourRanks:
    """Fit on (n, l) ranks of one class, n >= 2; values below 0 are clipped to it.

    Raises:
        KenshinError: fewer than two rows or values that are not finite.
    """
    ranks = require_matrix(features, min_rows=2, name="the ranks")
    return NeighbourRanks(fit_mahalanobis(np.log1p(ranks), MahalanobisConfig(config.shrinkage)))


def layer_ranks(
    points: np.ndarray, classes: np.ndarray, pool: np.ndarray, pool_classes: np.ndarray, own: bool
) -> np.ndarray:
    """Known samples nearer than the nearest of the row's class, (n, d), (m, d) -> (n,) float64.

    Args:
        points: rows to rank.
        classes: (n,) predicted class of each.
        pool: known samples.
        pool_classes: (m,) predicted class of each.
        own: the rows are in the pool themselves: the nearest one is left out.
    """
    ranks = np.zeros(len(points))
    norms = np.einsum("md,md->m", pool, pool)
    for start in range(0, len(points), _BLOCK):
        part = points[start : start + _BLOCK]
        squared = norms - 2.0 * (part @ pool.T)
        squared += np.einsum("nd,nd->n", part, part)[:, None]
        if own:
            squared[squared <= 1e-6 * (1.0 + norms.mean())] = np.inf
        same = pool_classes[None] == classes[start : start + _BLOCK, None]
        nearest = np.where(same, squared, np.inf).min(axis=1)
        ranks[start : start + _BLOCK] = (squared < nearest[:, None]).sum(axis=1)
    return ranks
