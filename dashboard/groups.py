"""Dense groups on a drawn map: hills of a smoothed grid, parted along the valleys."""

from __future__ import annotations

import numpy as np

GRID = 48
SMOOTH = 1.3  # cells
SADDLE = 0.6  # a hill that never falls below this share of its top belongs to its neighbour
MOST = 12
SMALLEST = 0.01  # of the points, and never under ten points
_AROUND = [(a, b) for a in (-1, 0, 1) for b in (-1, 0, 1) if a or b]


def dense_groups(points: np.ndarray) -> np.ndarray:
    """Group of each point, (m,) int64, 0 the largest; -1 for points without a place or group.

    Args:
        points: (m, 2) or (m, 3) float, NaN where a sample is not drawn; the third axis is ignored.
    """
    result = np.full(len(points), -1, dtype=np.int64)
    placed = np.flatnonzero(np.isfinite(points[:, :2]).all(axis=1))
    if len(placed) < 20:
        return result
    cells = _cells(points[placed, :2].astype(np.float64))
    heights = _smoothed(np.bincount(cells, minlength=GRID * GRID).reshape(GRID, GRID))
    hill = _hills(heights)[cells]
    sizes = np.bincount(hill, minlength=GRID * GRID)
    order = np.argsort(-sizes, kind="stable")[:MOST]
    for number, each in enumerate(order[sizes[order] >= max(10, SMALLEST * len(placed))]):
        result[placed[hill == each]] = number
    return result


def _cells(points: np.ndarray) -> np.ndarray:
    """Cell of each point, (p,) int64; the grid spans all but the outermost points."""
    low, high = np.percentile(points, [0.5, 99.5], axis=0)
    side = max(float((high - low).max()), 1e-12) * 1.1
    steps = np.floor((points - (low + high) / 2 + side / 2) / side * GRID)
    steps = np.clip(steps, 0, GRID - 1).astype(np.int64)
    return steps[:, 1] * GRID + steps[:, 0]


def _smoothed(counts: np.ndarray) -> np.ndarray:
    place = np.arange(GRID)
    kernel = np.exp(-((place[:, None] - place) ** 2) / (2 * SMOOTH**2))
    kernel /= kernel.sum(axis=1, keepdims=True)
    return kernel @ counts @ kernel.T


def _hills(heights: np.ndarray) -> np.ndarray:
    """Hill of each cell, (GRID²,) int64: cells from high to low join the hill beside them."""
    flat = heights.ravel()
    hill = np.full(flat.size, -1, dtype=np.int64)
    parent: dict[int, int] = {}

    def top(cell: int) -> int:
        while parent[cell] != cell:
            cell = parent[cell]
        return cell

    for cell in (int(c) for c in np.argsort(-flat, kind="stable")):
        row, column = divmod(cell, GRID)
        beside = {
            top(int(hill[(row + a) * GRID + column + b]))
            for a, b in _AROUND
            if 0 <= row + a < GRID
            and 0 <= column + b < GRID
            and hill[(row + a) * GRID + column + b] >= 0
        }
        if not beside:
            parent[cell] = hill[cell] = cell
            continue
        highest = max(beside, key=lambda each: (flat[each], -each))
        hill[cell] = highest
        for other in beside - {highest}:
            if flat[cell] >= SADDLE * flat[other]:
                parent[other] = highest
    return np.array([top(int(each)) for each in hill])
