"""Which samples a map draws: stratified, seeded, flagged ones always."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np


class Drawn(NamedTuple):
    """The samples a map shows."""

    rows: np.ndarray  # (m,) int64, ascending
    total: int  # samples there are

    @property
    def caption(self) -> str:
        """For the screen: "2,500 of 9,671 shown"."""
        return f"{len(self.rows):,} of {self.total:,} shown"


def draw_rows(
    total: int,
    limit: int,
    strata: Sequence[np.ndarray] = (),
    flagged: np.ndarray | None = None,
    seed: int = 0,
) -> Drawn:
    """Draw samples in proportion to their strata.

    Args:
        total: number of samples.
        limit: how many to draw; all flagged samples are drawn even beyond it.
        strata: arrays of (total,) int, for example predicted class and reference class; each
            combination is one stratum.
        flagged: (f,) int rows or (total,) bool, the samples that are never dropped.
        seed: of the order inside a stratum.

    Returns:
        The same rows for the same arguments. Shares are rounded up, at the cost of the large
        strata: none has more than its share plus one, none less than its share of (limit - number
        of strata). A larger limit keeps every row of a smaller one.
    """
    keep = np.zeros(total, dtype=bool)
    if flagged is not None and len(flagged):
        keep[flagged] = True
    rest = np.flatnonzero(~keep)
    room = min(max(limit - int(keep.sum()), 0), len(rest))
    keep[rest[_proportional_order(total, strata, seed, rest)[:room]]] = True
    return Drawn(np.flatnonzero(keep).astype(np.int64), total)


def _proportional_order(
    total: int, strata: Sequence[np.ndarray], seed: int, rest: np.ndarray
) -> np.ndarray:
    """An order of `rest` (positions) of which every beginning is stratified."""
    chance = np.random.default_rng(seed).permutation(total)[rest]
    if strata:
        table = np.stack([np.asarray(values)[rest] for values in strata], axis=1)
        _, group = np.unique(table, axis=0, return_inverse=True)
        group = group.ravel()
    else:
        group = np.zeros(len(rest), dtype=np.int64)
    order = np.lexsort((chance, group))
    sizes = np.bincount(group, minlength=1)
    begins = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    position = np.empty(len(rest), dtype=np.int64)
    position[order] = np.arange(len(rest)) - begins[group[order]]
    # Position 0 of every stratum comes first, then all strata advance at the same relative pace.
    return np.lexsort((chance, position / sizes[group]))
