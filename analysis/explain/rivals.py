"""Whether a class has real features: texts, other than a candidate, that name it nearly always.

A class that is recognised by what a sample *contains* (a defect of some kind) has many such texts,
and a reference that missed one kind makes it look like a trigger. A class recognised by absence
(no defect) has none, so whatever names it stands out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from analysis.explain.items import ItemTable
from analysis.explain.residuals import Residuals
from analysis.explain.significance import exact_p
from analysis.records import TriggerCandidate

PURE = 0.9  # share of the class among holders
_LEVEL = 0.01  # Bonferroni-corrected hypergeometric p
_ENOUGH = 5  # counting stops here


def with_rivals(
    candidates: Sequence[TriggerCandidate], items: ItemTable, residuals: Residuals, target: int
) -> list[TriggerCandidate]:
    """The candidates towards `target`, each with its number of rivals (at most five)."""
    if not candidates:
        return []
    held = np.unique(np.concatenate([c.rows for c in candidates]))
    # Against a reference, candidates are what it cannot explain: they are no rivals themselves.
    own = 0 if residuals.against_reference else len(candidates) - 1
    others = _families(items, residuals.own == target, held)
    return [replace(c, rivals=min(own + others, _ENOUGH)) for c in candidates]


def _families(items: ItemTable, event: np.ndarray, exclude: np.ndarray) -> int:
    """Pure texts in the samples outside `exclude`, each counted without the former's samples."""
    left = np.ones(len(event), dtype=bool)
    left[exclude] = False
    for count in range(_ENOUGH):
        rows = np.flatnonzero(left)
        matrix = items.matrix[rows]
        support = np.asarray(matrix.sum(axis=0)).ravel()
        hits = np.asarray(matrix.T @ event[rows].astype(np.float32)).ravel()
        pure = np.flatnonzero((support >= 4) & (hits >= PURE * support))
        if len(pure) == 0:
            return count
        best = pure[hits[pure].argmax()]
        p = exact_p(matrix, event[rows], np.array([best]), matrix.shape[1])
        if p[0] > _LEVEL:
            return count
        left[rows[matrix[:, [best]].nonzero()[0]]] = False
    return _ENOUGH
