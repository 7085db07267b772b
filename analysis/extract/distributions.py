"""Statistics of weight distributions, alone and in pairs; pure functions on arrays.

Everything is exact: distances run over all entries, sorted once, never over a sample of them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import scipy.linalg
import scipy.sparse.linalg
import scipy.stats

QUANTILES = (0.0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1.0)
BINS = 64
_DENSE = 1024  # above this side length the top singular value comes from Lanczos


class Shape(NamedTuple):
    """Moments and quantiles of one distribution; kurtosis is the excess over a normal one."""

    mean: float
    std: float
    skew: float
    kurtosis: float
    quantiles: list[float]  # at QUANTILES


class Effect(NamedTuple):
    """Cohen's d with its 95 % interval."""

    size: float
    low: float
    high: float


def describe(ordered: np.ndarray) -> Shape:
    """Moments (population form) and linearly interpolated quantiles of sorted values, (m,)."""
    values = ordered.astype(np.float64)
    mean = float(values.mean())
    centred = values - mean
    squared = centred * centred
    variance = float(squared.mean())
    skew = kurtosis = 0.0
    # a constant has no shape; its centred values are rounding noise
    if variance > (1e-12 * max(abs(mean), 1e-30)) ** 2:
        skew = float(squared @ centred / len(values) / variance**1.5)
        kurtosis = float(squared @ squared / len(values) / variance**2 - 3)
    at = np.asarray(QUANTILES) * (len(values) - 1)
    low = np.floor(at).astype(np.int64)
    high = np.minimum(low + 1, len(values) - 1)
    found = values[low] + (at - low) * (values[high] - values[low])
    return Shape(mean, variance**0.5, skew, kurtosis, found.tolist())


def histogram(ordered: np.ndarray, low: float, high: float) -> np.ndarray:
    """Counts of sorted values, (m,), in BINS equal bins from low to high, (BINS,) int64.

    As `numpy.histogram`: bins are closed on the left, the last one on both sides; a range of
    width 0 is widened by 0.5 on each side.
    """
    if low == high:
        low, high = low - 0.5, high + 0.5
    edges = np.linspace(low, high, BINS + 1)
    inner = np.searchsorted(ordered, edges[1:-1].astype(ordered.dtype), side="left")
    return np.diff(np.concatenate(([0], inner, [len(ordered)]))).astype(np.int64)


def ks(a: np.ndarray, b: np.ndarray) -> float:
    """Two-sample Kolmogorov-Smirnov statistic of sorted values, (m,) and (n,): max |F_a - F_b|."""
    largest = 0.0
    for points in (a, b):
        f_a = np.searchsorted(a, points, side="right") / len(a)
        f_b = np.searchsorted(b, points, side="right") / len(b)
        largest = max(largest, float(np.abs(f_a - f_b).max()))
    return largest


def wasserstein(a: np.ndarray, b: np.ndarray) -> float:
    """Wasserstein-1 distance of sorted values of equal number, (m,): mean |a_(i) - b_(i)|."""
    if len(a) != len(b):
        raise ValueError(f"{len(a)} and {len(b)} values: the distance needs equal numbers.")
    return float(np.abs(a.astype(np.float64) - b).mean())


def jensen_shannon(a: np.ndarray, b: np.ndarray) -> float:
    """Jensen-Shannon distance (root of the divergence, base 2, in [0, 1]) of two histograms."""
    p, q = a / a.sum(), b / b.sum()
    middle = (p + q) / 2
    divergence = 0.0
    for part in (p, q):
        there = part > 0
        divergence += 0.5 * float((part[there] * np.log2(part[there] / middle[there])).sum())
    return max(0.0, divergence) ** 0.5


def effect_size(a: np.ndarray, b: np.ndarray) -> Effect:
    """Cohen's d of the absolute entries of two matrices, (u, w), with a 95 % interval.

    Positive: the entries of `a` are larger. Entries depend on one another, so the interval is a
    delete-one jackknife over the u output rows (one neuron each), not over entries; its
    half-width uses Student's t with u - 1 degrees of freedom.
    """
    units, width = a.shape
    if np.array_equal(a, b):
        return Effect(0.0, 0.0, 0.0)
    sums = np.stack([_row_sums(a), _row_sums(b)])  # (2, 2, u)
    total = sums.sum(axis=2)
    size = float(_cohen(total[:, :, None], units * width)[0])
    if units < 2:
        return Effect(size, float("-inf"), float("inf"))
    left_out = _cohen(total[:, :, None] - sums, (units - 1) * width)
    error = ((units - 1) / units * ((left_out - left_out.mean()) ** 2).sum()) ** 0.5
    half = float(scipy.stats.t.ppf(0.975, units - 1) * error)
    return Effect(size, size - half, size + half)


def _row_sums(values: np.ndarray) -> np.ndarray:
    absolute = np.abs(values.astype(np.float64))
    return np.stack([absolute.sum(axis=1), (absolute**2).sum(axis=1)])


def _cohen(sums: np.ndarray, count: int) -> np.ndarray:
    """(2, 2, k) sums of |x| and x^2 of both sides -> (k,) d with the pooled deviation."""
    mean = sums[:, 0] / count
    variance = np.maximum(sums[:, 1] / count - mean**2, 0.0)
    pooled = np.sqrt(variance.mean(axis=0))
    difference = mean[0] - mean[1]
    safe = np.where(pooled > 0, pooled, 1.0)
    return np.where(pooled > 0, difference / safe, np.where(difference == 0, 0.0, np.nan))


def relative_change(a: np.ndarray, b: np.ndarray) -> float:
    """Frobenius norm of a - b over that of b; infinite where only b is zero."""
    return _ratio(float(np.linalg.norm(a.astype(np.float64) - b)), float(np.linalg.norm(b)))


def spectral_shift(a: np.ndarray, b: np.ndarray) -> float:
    """Top singular value of a - b over that of b, for matrices (u, w)."""
    difference = a.astype(np.float64) - b
    return _ratio(top_singular_value(difference), top_singular_value(b.astype(np.float64)))


def top_singular_value(matrix: np.ndarray) -> float:
    """Largest singular value of (u, w) float64, from the smaller Gram matrix."""
    if matrix.shape[0] > matrix.shape[1]:
        matrix = matrix.T
    if not matrix.any():
        return 0.0
    gram = matrix @ matrix.T
    side = len(gram)
    if side > _DENSE:
        start = np.ones(side)  # a fixed start keeps the result repeatable
        found = scipy.sparse.linalg.eigsh(gram, k=1, v0=start, return_eigenvectors=False)
    else:
        found = scipy.linalg.eigh(
            gram, eigvals_only=True, subset_by_index=[side - 1, side - 1], check_finite=False
        )
    return float(max(found[0], 0.0) ** 0.5)


def _ratio(above: float, below: float) -> float:
    if below == 0:
        return 0.0 if above == 0 else float("inf")
    return above / below
