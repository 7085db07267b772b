"""Paired difference of two shares with Newcombe's hybrid score interval."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

_Z = 1.959963984540054  # 95 %, two-sided


class Interval(NamedTuple):
    """An estimate with its 95 % interval."""

    estimate: float
    low: float
    high: float


def wilson(hits: int, n: int) -> tuple[float, float]:
    """Wilson's 95 % score interval of a share; (0, 1) without samples."""
    if n == 0:
        return 0.0, 1.0
    share = hits / n
    middle = share + _Z**2 / (2 * n)
    half = _Z * math.sqrt(share * (1 - share) / n + _Z**2 / (4 * n * n))
    scale = 1 + _Z**2 / n
    return (middle - half) / scale, (middle + half) / scale


def paired_difference(first: np.ndarray, second: np.ndarray) -> Interval:
    """Share of `first` minus share of `second` over the same n samples, (n,) bool each.

    Newcombe 1998, Statistics in Medicine 17, 2635-2650, method 10, with his continuity
    correction of the correlation. Without samples: 0 with the interval [-1, 1].
    """
    n = len(first)
    if n == 0:
        return Interval(0.0, -1.0, 1.0)
    both = int((first & second).sum())
    only_first, only_second = int((first & ~second).sum()), int((~first & second).sum())
    neither = n - both - only_first - only_second
    p1, p2 = (both + only_first) / n, (both + only_second) / n
    low1, high1 = wilson(both + only_first, n)
    low2, high2 = wilson(both + only_second, n)
    phi = _phi(both, only_first, only_second, neither)
    a, b = p1 - low1, high2 - p2
    c, d = high1 - p1, p2 - low2
    difference = p1 - p2
    low = difference - math.sqrt(max(a * a - 2 * phi * a * b + b * b, 0.0))
    high = difference + math.sqrt(max(d * d - 2 * phi * d * c + c * c, 0.0))
    return Interval(difference, max(low, -1.0), min(high, 1.0))


def _phi(both: int, only_first: int, only_second: int, neither: int) -> float:
    n = both + only_first + only_second + neither
    scale = (
        (both + only_first)
        * (only_second + neither)
        * (both + only_second)
        * (only_first + neither)
    )
    if scale == 0:
        return 0.0
    cross = both * neither - only_first * only_second
    if cross > 0:
        cross = max(cross - n // 2, 0)
    return cross / math.sqrt(scale)
