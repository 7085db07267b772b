"""Bootstrap over fits and samples together, with the same draws for every arm.

A fit stands for one fold and seed; the hits of a cell are (r fits, v samples). Fits and samples
are drawn anew, so that the interval knows both how training varies and how few samples measure.
Several controls stand one behind the other, (k r fits, v samples): every draw takes one of them at
random, so that the interval also knows how clean models differ from one another.
Efron and Tibshirani 1993, percentile intervals.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.behaviour.intervals import Figure, difference, wilson

DRAWS = 1000
LEVEL = (2.5, 97.5)  # percent


@dataclass(frozen=True)
class Draws:
    """The same random choices for every matrix of one shape."""

    fits: np.ndarray  # (b, r) int64
    weights: np.ndarray  # (b, v) float64, rows sum to 1
    models: np.ndarray  # (b,) float64 in [0, 1): which of several models a draw takes

    def means(self, hits: np.ndarray) -> np.ndarray:
        """Mean of each draw: hits (k r, v) of k models -> (b,)."""
        by_fit = self.weights @ hits.T.astype(np.float64)  # (b, k r)
        each = self.fits.shape[1]
        first = (self.models * (len(hits) // each)).astype(np.int64) * each
        return np.take_along_axis(by_fit, first[:, None] + self.fits, axis=1).mean(axis=1)


def draws(shape: tuple[int, ...], seed: int, n: int = DRAWS) -> Draws:
    """Random choices for matrices of `shape` (fits, samples)."""
    fits, samples = shape
    rng = np.random.default_rng([seed, fits, samples])
    weights = rng.multinomial(samples, np.full(samples, 1.0 / samples), size=n) / samples
    return Draws(rng.integers(0, fits, size=(n, fits)), weights, rng.random(n))


def share_of(hits: np.ndarray, seed: int = 0, note: str = "", models: int = 1) -> Figure:
    """Mean of hits (k r, v) of k models, never narrower than Wilson's interval on v samples."""
    if not hits.size:
        return Figure(None, 0, note=note or "no samples to measure it on")
    value, n = float(hits.mean()), hits.shape[1]
    same = draws((len(hits) // models, n), seed)
    low, high = np.percentile(same.means(hits), LEVEL)
    at_least = wilson(round(value * n), n)
    return Figure(value, n, min(float(low), at_least[0]), max(float(high), at_least[1]), note)


def excess_of(first: np.ndarray, second: np.ndarray, seed: int = 0, note: str = "") -> Figure:
    """Mean of `first` (r, v) minus mean of `second` (k r, v), over the same fits and samples."""
    if not first.size or not _comparable(first, second):
        return Figure(None, 0, note=note or "nothing to compare")
    same = draws(first.shape, seed)
    each = same.means(first) - same.means(second)
    value, n = float(first.mean() - second.mean()), first.shape[1]
    low, high = (float(x) for x in np.percentile(each, LEVEL))
    if low == high:  # no draw differs: percentiles know no width, Newcombe's interval does
        found = difference(first[0], second[0])
        low, high = min(low, found.low or low), max(high, found.high or high)
    return Figure(value, n, low, high, note)


def _comparable(first: np.ndarray, second: np.ndarray) -> bool:
    return second.size > 0 and first.shape[1] == second.shape[1] and not len(second) % len(first)


def effect_of(hits: np.ndarray, leaning: np.ndarray, seed: int = 0) -> Figure:
    """What the trigger does beyond a plain leaning to its class.

    Args:
        hits: (r, v) bool, triggered victims predicted as the target.
        leaning: (r, c) bool, clean victims predicted as the target by the same models.
        seed: of the draws.
    """
    if not hits.size or not leaning.size:
        return Figure(None, 0, note="no clean victims to compare with")
    each = draws(hits.shape, seed).means(hits) - draws(leaning.shape, seed + 1).means(leaning)
    low, high = (float(x) for x in np.percentile(each, LEVEL))
    return Figure(float(hits.mean() - leaning.mean()), hits.shape[1], low, high)


def ratio_of(
    top: list[np.ndarray], below: list[np.ndarray], less: list[np.ndarray] | None, seed: int = 0
) -> Figure:
    """Best over a grid divided by best over the same grid; `less` is taken from both first.

    Args:
        top: hits (r, v) of each cell, for the arm asked about.
        below: the same of the arm that is 1 by definition.
        less: (k r, v) of the floor's k models, None where none is taken off.
        seed: of the draws.

    The best cell is chosen anew in every draw, so that choosing it is part of the interval.
    """
    if not top or len(top) != len(below):
        return Figure(None, 0, note="not measured")
    same = draws(top[0].shape, seed)

    def best(cells: list[np.ndarray]) -> tuple[float, np.ndarray]:
        return max(float(c.mean()) for c in cells), np.max([same.means(c) for c in cells], axis=0)

    upper, lower = best(top), best(below)
    floor = (0.0, np.zeros(DRAWS)) if less is None else best(less)
    reach = lower[0] - floor[0]
    if reach < 0.2:
        return Figure(None, top[0].shape[1], note="the original is not above the control by 0.2")
    spread = np.maximum(lower[1] - floor[1], 1e-9)
    low, high = np.percentile((upper[1] - floor[1]) / spread, LEVEL)
    return Figure((upper[0] - floor[0]) / reach, top[0].shape[1], float(low), float(high))
