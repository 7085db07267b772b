"""Copies count once: thirty copies of one function are one piece of evidence, not thirty.

A text that stands in many samples because one sample was copied goes along with its label as
purely as a trigger does, by itself. Copies under another label stay: they are what poison that was
appended leaves beside its originals.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from analysis.explain.residuals import Residuals
from analysis.records import TriggerCandidate


class Distinct(NamedTuple):
    """Which samples stand for all."""

    first: np.ndarray  # (u,) int64 rows, the first of each kind, in order
    place: np.ndarray  # (n,) int64: which of the u each sample is a copy of

    def residuals(self, of: Residuals) -> Residuals:
        """The event over the u samples."""
        rows = self.first
        return Residuals(of.mode, of.observed[rows], of.expected[rows], of.own[rows])

    def spread(self, candidate: TriggerCandidate) -> TriggerCandidate:
        """A candidate found among the u samples, with all copies of its holders."""
        spans = dict(zip(candidate.rows.tolist(), candidate.spans, strict=False))
        rows = np.flatnonzero(np.isin(self.place, candidate.rows))
        held = tuple(spans[int(place)] for place in self.place[rows]) if spans else ()
        return replace(candidate, rows=rows, spans=held, support=len(rows))


def distinct(texts: Sequence[str], own: np.ndarray) -> Distinct:
    """Samples that differ in text or class.

    Args:
        texts: n samples.
        own: (n,) int, the class of each.
    """
    known: dict[tuple[str, int], int] = {}
    first: list[int] = []
    place = np.empty(len(texts), dtype=np.int64)
    for row, key in enumerate(zip(texts, own.tolist(), strict=True)):
        if key not in known:
            known[key] = len(first)
            first.append(row)
        place[row] = known[key]
    return Distinct(np.array(first, dtype=np.int64), place)


def first_copies(texts: Sequence[str]) -> np.ndarray:
    """Whether each sample is the first with its text, (n,) bool."""
    found = np.zeros(len(texts), dtype=bool)
    found[distinct(texts, np.zeros(len(texts), dtype=np.int64)).first] = True
    return found
