"""UMAP from a shared exact neighbour graph, optimised by umap-learn on one thread.

McInnes et al., 2018, https://arxiv.org/abs/1802.03426. Differences to `umap.UMAP`: the start is
the principal components (not the spectral layout), the neighbours are exact, and the fuzzy
neighbourhoods are our own (analysis.project.fuzzy).
Blind spot: tears or joins groups by chance; gaps look wider than they are.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from umap.layouts import optimize_layout_euclidean
from umap.umap_ import find_ab_params

from analysis.project.config import MapConfig
from analysis.project.fuzzy import fuzzy_graph, memberships
from analysis.project.knn import Neighbours, nearest
from analysis.project.layout import Layout, start_from_components

_START_SPREAD = 3.0  # near umap-learn's start, which spans ten units
_PLACE_EPOCHS = 66  # a third of the default epochs and a quarter of the step, as umap-learn does
_PLACE_STEP = 0.25


@cache
def _curve(min_dist: float) -> tuple[float, float]:
    a, b = find_ab_params(1.0, min_dist)
    return float(a), float(b)


def fit_umap(features: np.ndarray, neighbours: Neighbours | None, config: MapConfig) -> np.ndarray:
    """Fit a map, (n, c) float32 with k neighbours each -> (n, 2) float32, centred."""
    if neighbours is None:
        raise AssertionError("UMAP needs the neighbour graph")  # the spec asks for it
    k = min(neighbours.indices.shape[1], config.neighbors - 1)  # UMAP counts the point itself
    graph = fuzzy_graph(Neighbours(neighbours.indices[:, :k], neighbours.distances[:, :k]))
    keep = graph.data >= graph.data.max() / config.umap_epochs
    start = start_from_components(features, _START_SPREAD, config.seed).astype(np.float32)
    result = _descend(
        start,
        start,
        (graph.row[keep], graph.col[keep], graph.data[keep]),
        config.umap_epochs,
        config,
    )
    return result - result.mean(axis=0)


def place_umap(layout: Layout, new: np.ndarray, config: MapConfig) -> np.ndarray:
    """Place new points as `UMAP.transform` does, (m, c) -> (m, 2) float32.

    Start at the membership-weighted mean of the fitted neighbours, then a short descent in which
    only the new points move. Memberships are scaled per point, so that the company a point is
    placed in does not change where it goes.
    """
    k = min(len(layout.features), config.neighbors)
    found = nearest(new / layout.scale, layout.features / layout.scale, k)
    weights = memberships(found.distances, connected=False)
    weights /= weights.max(axis=1, keepdims=True)
    shares = weights / weights.sum(axis=1, keepdims=True)
    start = np.einsum("mk,mkx->mx", shares, layout.coordinates[found.indices])
    rows = np.repeat(np.arange(len(new), dtype=np.int32), k)
    keep = weights.ravel() >= 1 / _PLACE_EPOCHS
    edges = (rows[keep], found.indices.ravel()[keep], weights.ravel()[keep])
    return _descend(start.astype(np.float32), layout.coordinates, edges, _PLACE_EPOCHS, config)


def _descend(
    moving: np.ndarray,
    fixed: np.ndarray,
    edges: tuple[np.ndarray, np.ndarray, np.ndarray],
    epochs: int,
    config: MapConfig,
) -> np.ndarray:
    """Stochastic gradient descent over (head, tail, weight); one array twice = a fit."""
    fitting = moving is fixed
    head, tail, weight = edges
    a, b = _curve(config.min_dist)
    state = np.random.RandomState(config.seed).randint(-(2**31) + 1, 2**31 - 1, 3)
    moving = np.array(moving, dtype=np.float32, order="C")
    return optimize_layout_euclidean(
        moving,
        moving if fitting else np.array(fixed, dtype=np.float32, order="C"),
        head,
        tail,
        epochs,
        len(fixed),
        weight.max() / weight,  # epochs between two visits of an edge
        a,
        b,
        state.astype(np.int64),
        initial_alpha=1.0 if fitting else _PLACE_STEP,
        parallel=False,
        move_other=fitting,
    )
