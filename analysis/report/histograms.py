"""Histograms as the attention table stores them."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

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


def read_histogram(stored: Any) -> Histogram | None:
    """Read one stored histogram; None where there is none.

    Accepted forms: a mapping with `counts` and `edges`, the same as JSON text, or one flat list
    that holds the n + 1 edges after the n counts.
    """
    if isinstance(stored, str | bytes):
        stored = json.loads(stored)
    if isinstance(stored, dict):
        if stored.get("counts") is None or stored.get("edges") is None:
            return None
        return _checked(stored["counts"], stored["edges"])
    if stored is None or np.ndim(stored) != 1 or len(stored) < 3 or len(stored) % 2 == 0:
        return None
    bins = len(stored) // 2
    return _checked(stored[:bins], stored[bins:])


def _checked(counts: Any, edges: Any) -> Histogram | None:
    heights = np.asarray(counts, dtype=np.float64)
    borders = np.asarray(edges, dtype=np.float64)
    if heights.size == 0 or borders.size != heights.size + 1:
        return None
    return Histogram(heights, borders)
