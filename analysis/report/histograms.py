"""Histograms as the attention table stores them: counts of equal bins between two ends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np


class Histogram(NamedTuple):
    """Counts between edges."""

    counts: np.ndarray  # (bins,) float64
    edges: np.ndarray  # (bins + 1,) float64, in units of the weight

    @property
    def centres(self) -> np.ndarray:
        """Middle of each bin, (bins,) float64."""
        return (self.edges[:-1] + self.edges[1:]) / 2

    @property
    def density(self) -> np.ndarray:
        """Share per unit, (bins,) float64, so that matrices of different size compare."""
        total = self.counts.sum()
        return self.counts / (np.diff(self.edges) * (total if total > 0 else 1.0))


def read_histogram(counts: Sequence[float] | None, low: float, high: float) -> Histogram | None:
    """Read one stored histogram; None where there is none.

    Args:
        counts: of equal bins.
        low: left end of the first bin.
        high: right end of the last bin; a matrix of equal entries has no width and gets one.
    """
    if counts is None or np.ndim(counts) != 1 or len(counts) == 0:
        return None
    if not np.isfinite(low) or not np.isfinite(high):
        return None
    right = high if high > low else low + max(abs(low), 1.0) * 1e-6
    edges = np.linspace(low, right, len(counts) + 1, dtype=np.float64)
    return Histogram(np.asarray(counts, dtype=np.float64), edges)
