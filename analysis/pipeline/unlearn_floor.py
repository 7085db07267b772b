"""A model beside the clean ones, sample by sample."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from analysis.behaviour.intervals import Figure, paired_difference

_Z = 1.959963984540054  # 95 %, two-sided


def beside(mine: np.ndarray, others: Sequence[np.ndarray], note: str = "") -> Figure:
    """Share of `mine` minus the mean share of `others` over the same samples.

    Clean models differ from one another by several points, so one alone is a poor floor. Of one,
    the interval is Newcombe's for pairs; of several, the normal one of the paired differences
    (each sample once), which takes the mean of these clean models as given.

    Args:
        mine: (n,) bool.
        others: of each clean model, (n,) bool; at least one.
        note: for the reader.
    """
    if len(others) == 1:
        return paired_difference(mine, others[0], note)
    if not len(mine):
        return Figure(None, 0, note=note or "no samples to measure it on")
    # In whole numbers, so that equal shares differ by 0 and not by a rounding error.
    k = len(others)
    summed = mean_figure(k * mine.astype(np.int64) - np.sum(others, axis=0), note)
    value, low, high = (
        None if each is None else each / k for each in (summed.value, summed.low, summed.high)
    )
    return replace(summed, value=value, low=low, high=high)


def mean_figure(values: np.ndarray, note: str = "") -> Figure:
    """Mean of (n,) float values with its normal 95 % interval, n >= 1."""
    mean, n = float(values.mean()), len(values)
    half = _Z * float(values.std(ddof=1)) / math.sqrt(n) if n > 1 else 1.0
    return Figure(mean, n, mean - half, mean + half, note)
