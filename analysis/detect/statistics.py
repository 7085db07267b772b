"""Numbers over one distribution of scores, and their clean-model null. Pure functions."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import stats

_TOP = 0.05  # share of rows that make up the tail
_PERMUTATIONS = 499
_MAX_ROWS = 3000  # per model in the permutation test, which costs permutations x rows


class Null(NamedTuple):
    """What a clean model gives at the same place."""

    low: float
    high: float
    p_value: float


def robust_z(values: np.ndarray) -> np.ndarray:
    """(x - median) / (1.4826 MAD), (n,) -> (n,) float64; 0 everywhere where nothing varies."""
    values = np.asarray(values, dtype=np.float64)
    centred = values - np.median(values)
    scale = 1.4826 * np.median(np.abs(centred))
    if scale <= 0:
        scale = float(values.std())
    return np.asarray(centred / scale) if scale > 0 else np.zeros_like(centred)


def tail(values: np.ndarray) -> float:
    """Mean robust z of the highest 5 % (at least one row) of (n,) scores."""
    z = robust_z(values)
    count = max(1, round(_TOP * len(z)))
    return float(np.partition(z, len(z) - count)[-count:].mean())


def tail_null(suspect: np.ndarray, reference: np.ndarray, seed: int) -> Null:
    """Is the suspect's tail heavier than the clean reference's, beyond chance?

    Both sets are put on their own robust scale, pooled and dealt out again (a two-sample
    permutation test, one-sided; exact where both models' scores are exchangeable and somewhat
    conservative for scores of the same samples). The band is the 2.5 to 97.5 % range of the
    statistic over bootstrap resamples of the reference.

    One reference says nothing about how much clean trainings differ from one another: a small p
    is a reason to look, never a verdict.
    """
    rng = np.random.default_rng(seed)
    first, second = _thin(robust_z(suspect), rng), _thin(robust_z(reference), rng)
    observed = _top_mean(first[None])[0] - _top_mean(second[None])[0]
    pooled = np.concatenate([first, second])
    deals = np.stack([rng.permutation(pooled) for _ in range(_PERMUTATIONS)])
    difference = _top_mean(deals[:, : len(first)]) - _top_mean(deals[:, len(first) :])
    resampled = rng.choice(second, size=(200, len(second)))
    low, high = np.quantile(_top_mean(resampled), [0.025, 0.975])
    p = (1 + int((difference >= observed).sum())) / (1 + _PERMUTATIONS)
    return Null(float(low), float(high), p)


def _thin(values: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    if len(values) <= _MAX_ROWS:
        return values
    return rng.choice(values, _MAX_ROWS, replace=False)


def _top_mean(rows: np.ndarray) -> np.ndarray:
    count = max(1, round(_TOP * rows.shape[1]))
    return np.asarray(np.partition(rows, rows.shape[1] - count, axis=1)[:, -count:].mean(axis=1))


def auc(scores: np.ndarray, positive: np.ndarray) -> float:
    """Probability that a positive row outscores another, ties half; NaN without both kinds.

    Args:
        scores: (n,) float.
        positive: (n,) bool.
    """
    m, n = int(positive.sum()), int((~positive).sum())
    if m == 0 or n == 0:
        return float("nan")
    ranks = stats.rankdata(scores)
    return float((ranks[positive].sum() - m * (m + 1) / 2) / (m * n))


def auc_error(value: float, m: int, n: int) -> float:
    """Standard error of an AUC with m positives and n others (Hanley and McNeil 1982)."""
    q1, q2 = value / (2 - value), 2 * value**2 / (1 + value)
    variance = value * (1 - value) + (m - 1) * (q1 - value**2) + (n - 1) * (q2 - value**2)
    return float(np.sqrt(max(variance / (m * n), 1.0 / (4.0 * m * n))))


def benjamini_hochberg(p: np.ndarray) -> np.ndarray:
    """False-discovery-adjusted p-values of one family, (t,) -> (t,) float64; NaN stays NaN."""
    adjusted = np.full(len(p), np.nan)
    tested = np.flatnonzero(np.isfinite(p))
    if len(tested) == 0:
        return adjusted
    order = tested[np.argsort(p[tested], kind="stable")]
    scaled = p[order] * len(order) / np.arange(1, len(order) + 1)
    adjusted[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return adjusted
