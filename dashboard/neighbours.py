"""Nearest samples on a drawn map."""

from __future__ import annotations

import numpy as np


def nearest_rows(coordinates: np.ndarray, rows: np.ndarray, row: int, k: int) -> np.ndarray:
    """The k rows nearest to `row`, nearest first; empty when it is not drawn.

    Args:
        coordinates: (m, 2) float32, missing points are NaN.
        rows: (m,) rows of the sample set, ascending.
        row: a row of the sample set.
        k: how many.
    """
    place = int(np.searchsorted(rows, row))
    if place >= len(rows) or rows[place] != row or not np.isfinite(coordinates[place]).all():
        return np.empty(0, dtype=np.int64)
    distance = ((coordinates - coordinates[place]) ** 2).sum(axis=1)
    distance[place] = np.nan
    order = np.argsort(distance, kind="stable")[:k]
    return rows[order[np.isfinite(distance[order])]]
