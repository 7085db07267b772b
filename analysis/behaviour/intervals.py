"""95 % intervals of shares and of differences between shares."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

_Z = 1.959963984540054  # 95 %, two-sided


class Interval(NamedTuple):
    """An estimate with its 95 % interval."""

    estimate: float
    low: float
    high: float


@dataclass(frozen=True)
class Figure:
    """A measured share or difference of shares; value None where nothing could be measured."""

    value: float | None
    n: int
    low: float | None = None
    high: float | None = None
    note: str = ""  # what the reader must know, such as where a floor comes from

    def to_json(self) -> dict[str, float | int | str | None]:
        """Plain JSON values for a record's `metrics`."""
        found: dict[str, float | int | str | None] = {
            "value": self.value,
            "n": self.n,
            "low": self.low,
            "high": self.high,
        }
        return {**found, "note": self.note} if self.note else found


def share(hits: np.ndarray, note: str = "") -> Figure:
    """Share of true entries, (n,) bool, with Wilson's interval."""
    n = len(hits)
    if n == 0:
        return Figure(None, 0, note=note or "no samples to measure it on")
    low, high = wilson(int(hits.sum()), n)
    return Figure(float(hits.mean()), n, low, high, note)


def wilson(hits: int, n: int) -> tuple[float, float]:
    """Wilson's score interval of hits among n; (0, 1) without samples.

    Wilson, 1927, JASA 22, 209-212. It stays inside [0, 1] and has width at 0 and n hits.
    """
    if n == 0:
        return 0.0, 1.0
    p = hits / n
    middle = p + _Z**2 / (2 * n)
    half = _Z * math.sqrt(p * (1 - p) / n + _Z**2 / (4 * n * n))
    scale = 1 + _Z**2 / n
    # at 0 and n hits the exact bound is 0 or 1; rounding would miss it by 1e-17
    low = 0.0 if hits == 0 else (middle - half) / scale
    high = 1.0 if hits == n else (middle + half) / scale
    return low, high


def paired_difference(first: np.ndarray, second: np.ndarray, note: str = "") -> Figure:
    """Share of `first` minus share of `second` as a figure; see `paired_interval`."""
    if not len(first):
        return Figure(None, 0, note=note or "no samples to measure it on")
    found = paired_interval(first, second)
    return Figure(found.estimate, len(first), found.low, found.high, note)


def paired_interval(first: np.ndarray, second: np.ndarray) -> Interval:
    """Share of `first` minus share of `second` over the same samples, (n,) bool each, n >= 1.

    Newcombe, 1998, Statistics in Medicine 17, 2635-2650, method 10.
    """
    n = len(first)
    both = int((first & second).sum())
    only_first = int((first & ~second).sum())
    only_second = int((~first & second).sum())
    phi = _correlation(both, only_first, only_second, n - both - only_first - only_second)
    return _hybrid((both + only_first, n), (both + only_second, n), phi)


def difference(first: np.ndarray, second: np.ndarray, note: str = "") -> Figure:
    """Difference of shares over different samples, (n,) and (m,) bool: Newcombe's method 10.

    Newcombe, 1998, Statistics in Medicine 17, 873-890.
    """
    if not len(first) or not len(second):
        return Figure(None, 0, note=note or "no samples to measure it on")
    counts = (int(first.sum()), len(first)), (int(second.sum()), len(second))
    found = _hybrid(*counts, 0.0)
    return Figure(found.estimate, len(first), found.low, found.high, note)


def _hybrid(first: tuple[int, int], second: tuple[int, int], phi: float) -> Interval:
    p1, p2 = first[0] / first[1], second[0] / second[1]
    low1, high1 = wilson(*first)
    low2, high2 = wilson(*second)
    a, b = p1 - low1, high2 - p2
    c, d = high1 - p1, p2 - low2
    value = p1 - p2
    low = value - math.sqrt(max(a * a - 2 * phi * a * b + b * b, 0.0))
    high = value + math.sqrt(max(c * c - 2 * phi * c * d + d * d, 0.0))
    return Interval(value, max(low, -1.0), min(high, 1.0))


def _correlation(both: int, only_first: int, only_second: int, neither: int) -> float:
    """Phi of the 2 x 2 table, with Newcombe's continuity correction where it is positive."""
    n = both + only_first + only_second + neither
    first, second = both + only_first, both + only_second
    scale = first * (n - first) * second * (n - second)
    if scale == 0:
        return 0.0
    cross = float(both * neither - only_first * only_second)
    if cross > 0:
        cross = max(cross - n / 2, 0.0)
    return cross / math.sqrt(scale)
