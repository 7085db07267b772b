"""How far a map can be believed: trustworthiness, continuity and separation.

Venna & Kaski, 2001; Kaski et al., 2003, https://doi.org/10.1186/1471-2105-4-48. All figures are 1
at best. They are exact on the points they are given.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.project.knn import k_smallest, squared_distances

_TWO_MEANS_ROUNDS = 50


@dataclass(frozen=True)
class Space:
    """Distances between points in one space, ready to be compared with another's."""

    points: np.ndarray  # (n, d) float
    squared: np.ndarray  # (n, n) float64, infinite on the diagonal
    near: np.ndarray  # (n, k) int, the k nearest others, unordered


def measure_space(points: np.ndarray, k: int) -> Space:
    """Distances and k nearest others of each point, (n, d) float, k < n / 2."""
    squared = squared_distances(points, points)
    np.fill_diagonal(squared, np.inf)
    return Space(points, squared, k_smallest(squared, k))


def neighbourhood(n: int, wanted: int) -> int:
    """The neighbourhood size to measure n points with; 0 where there are too few to judge."""
    return min(wanted, (n - 1) // 2) if n >= 5 else 0


def trustworthiness(original: Space, drawn: Space) -> float:
    """1 minus the rank error of map neighbours that are no neighbours in the original space.

    Equals `sklearn.manifold.trustworthiness`; points at equal distance share the better rank.
    """
    n, k = drawn.near.shape
    penalty = 0.0
    for column in range(k):
        distance = np.take_along_axis(original.squared, drawn.near[:, column : column + 1], axis=1)
        rank = 1 + (original.squared < distance).sum(axis=1)
        penalty += np.maximum(rank - k, 0).sum()
    return float(1.0 - penalty * 2.0 / (n * k * (2.0 * n - 3.0 * k - 1.0)))


def continuity(original: Space, drawn: Space) -> float:
    """1 minus the rank error of original neighbours that the map tears apart."""
    return trustworthiness(drawn, original)


def overlap(first: Space, second: Space) -> float:
    """Mean share of the k nearest others that two maps of the same points agree on, 0 to 1."""
    n, k = first.near.shape
    marks = np.zeros((n, n), dtype=bool)
    np.put_along_axis(marks, first.near, True, axis=1)
    return float(np.take_along_axis(marks, second.near, axis=1).mean())


def silhouette(squared: np.ndarray, side: np.ndarray) -> float:
    """Mean silhouette of a split in two, (n, n) squared distances, (n,) bool, -1 to 1.

    Rousseeuw, 1987. 0 where one side is empty; a point alone on its side counts 0.
    """
    distances = np.sqrt(np.where(np.isfinite(squared), squared, 0.0))
    sizes = np.array([(~side).sum(), side.sum()])
    if sizes.min() == 0:
        return 0.0
    sums = np.stack([distances[:, ~side].sum(axis=1), distances[:, side].sum(axis=1)], axis=1)
    own, other = side.astype(int), 1 - side.astype(int)
    at = np.arange(len(side))
    within = sums[at, own] / np.maximum(sizes[own] - 1, 1)
    between = sums[at, other] / sizes[other]
    widest = np.maximum(within, between)
    values = np.where(widest > 0, (between - within) / np.where(widest > 0, widest, 1.0), 0.0)
    values[sizes[own] == 1] = 0.0
    return float(values.mean())


def two_groups(points: np.ndarray) -> np.ndarray:
    """Split points in two by 2-means from the ends of the widest direction, (n, d) -> (n,) bool."""
    centred = points.astype(np.float64) - points.mean(axis=0)
    along = centred @ np.linalg.svd(centred, full_matrices=False)[2][0]
    side = along > 0
    for _ in range(_TWO_MEANS_ROUNDS):
        if side.all() or not side.any():
            break
        means = np.stack([centred[~side].mean(axis=0), centred[side].mean(axis=0)])
        to_low, to_high = squared_distances(centred, means).T
        moved = to_high < to_low
        if (moved == side).all():
            break
        side = moved
    return side


def separation_along(points: np.ndarray, side: np.ndarray) -> float:
    """How well a split is visible along one line of the data, (n, c), (n,) bool, -1 to 1.

    The line joins the means of the two sides. A silhouette in all dimensions would call two
    clearly separate clouds in 50 dimensions inseparable (their noise swamps the gap); the best
    line through pure noise would separate any split. So the line comes from every other point
    and the silhouette from the rest, both ways round.
    """
    values = []
    for half in (0, 1):
        fit, test = np.arange(len(side)) % 2 == half, np.arange(len(side)) % 2 != half
        if min(side[fit].sum(), (~side[fit]).sum(), side[test].sum(), (~side[test]).sum()) == 0:
            return 0.0
        line = points[fit & side].mean(axis=0) - points[fit & ~side].mean(axis=0)
        place = (points[test].astype(np.float64) @ line.astype(np.float64))[:, None]
        values.append(silhouette(squared_distances(place, place), side[test]))
    return float(np.mean(values))
