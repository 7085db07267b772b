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

_PURE = 0.97  # share of the class among holders
_LEVEL = 0.01  # Bonferroni-corrected hypergeometric p
_ENOUGH = 5  # counting stops here


def with_rivals(
    candidates: Sequence[TriggerCandidate], items: ItemTable, residuals: Residuals
) -> list[TriggerCandidate]:
    """The candidates, each with its number of rivals towards the same class (at most five)."""
    if not candidates:
        return []
    held = np.unique(np.concatenate([c.rows for c in candidates]))
    families = {
        target: _families(items, residuals.own == target, held)
        for target in {c.target for c in candidates}
    }
    return [
        replace(c, rivals=min(_likes(c, candidates, residuals) + families[c.target], _ENOUGH))
        for c in candidates
    ]


def _likes(
    candidate: TriggerCandidate, candidates: Sequence[TriggerCandidate], residuals: Residuals
) -> int:
    """Other candidates towards the same class that are as pure as a trigger.

    Against a reference there are none: candidates are what it cannot explain. Samples of
    candidates towards other classes are left out, since relabelled victims blur real features.
    """
    if residuals.against_reference:
        return 0
    rest = [c.rows for c in candidates if c.target != candidate.target]
    blurred = np.concatenate(rest) if rest else np.empty(0, dtype=np.int64)
    count = 0
    for other in candidates:
        if other is candidate or other.target != candidate.target:
            continue
        rows = np.setdiff1d(other.rows, blurred)
        if len(rows) and (residuals.own[rows] == other.target).mean() >= _PURE:
            count += 1
    return count


def _families(items: ItemTable, event: np.ndarray, exclude: np.ndarray) -> int:
    """Pure texts in the samples outside `exclude`, each counted without the former's samples."""
    left = np.ones(len(event), dtype=bool)
    left[exclude] = False
    for count in range(_ENOUGH):
        rows = np.flatnonzero(left)
        matrix = items.matrix[rows]
        support = np.asarray(matrix.sum(axis=0)).ravel()
        hits = np.asarray(matrix.T @ event[rows].astype(np.float32)).ravel()
        pure = np.flatnonzero((support >= 4) & (hits >= _PURE * support))
        if len(pure) == 0:
            return count
        best = pure[hits[pure].argmax()]
        p = exact_p(matrix, event[rows], np.array([best]), matrix.shape[1])
        if p[0] > _LEVEL:
            return count
        left[rows[matrix[:, [best]].nonzero()[0]]] = False
    return _ENOUGH
