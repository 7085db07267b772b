"""How well one site keeps a given set of rows apart from the rest of its group.

A shrunken linear discriminant is fitted on one half of the rows and scored on the other, so a
direction found by chance earns nothing. Used for rows that text association located (never for
ground truth): the site where the suspect separates them better than the clean reference does is
where the trojan shows.
"""

from __future__ import annotations

import numpy as np

from analysis.detect.matrices import shrunk_covariance

_MAX_REST = 4000  # more rows of the rest sharpen nothing
FEWEST = 8  # rows on either side


def direction_scores(features: np.ndarray, located: np.ndarray, seed: int) -> np.ndarray:
    """Held-out position along the discriminant, (n, d), (n,) bool -> (n,) float64.

    Both halves hold located and other rows; scores are in units of the fold's own spread.
    """
    values = np.asarray(features, dtype=np.float64)
    rng = np.random.default_rng(seed)
    fold = np.zeros(len(values), dtype=np.int64)
    for kind in (located, ~located):
        rows = rng.permutation(np.flatnonzero(kind))
        fold[rows[1::2]] = 1
    scores = np.empty(len(values))
    for held in (0, 1):
        train = fold != held
        direction, middle = _discriminant(values[train & located], values[train & ~located])
        scores[~train] = (values[~train] - middle) @ direction
    return scores


def _discriminant(inside: np.ndarray, rest: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    rest = rest[:: max(1, -(-len(rest) // _MAX_REST))]
    middle = rest.mean(axis=0)
    covariance = shrunk_covariance(rest - middle)
    direction = np.linalg.solve(covariance, inside.mean(axis=0) - middle)
    # Fixed scale per fold: the rest's spread along the direction is one.
    return direction / np.sqrt(max(float(direction @ covariance @ direction), 1e-300)), middle


def draw_rows(located: np.ndarray, seed: int) -> np.ndarray:
    """As many rows as are located, drawn from the others, (n,) bool -> (n,) bool."""
    others = np.flatnonzero(~located)
    count = min(int(located.sum()), len(others))
    drawn = np.zeros(len(located), dtype=bool)
    drawn[np.random.default_rng(seed).choice(others, count, replace=False)] = True
    return drawn


def along_random(features: np.ndarray, seed: int) -> np.ndarray:
    """Distance from the middle along a random direction, (n, d) -> (n,) float64."""
    values = np.asarray(features, dtype=np.float64)
    direction = np.random.default_rng(seed).normal(size=values.shape[1])
    along = values @ (direction / np.linalg.norm(direction))
    result: np.ndarray = np.abs(along - np.median(along))
    return result
