"""Whether the samples that share a text have anything else in common.

What belongs to the code is shared by code about the same thing: its holders use the same other
names. What was put in afterwards, at random, is shared by strangers. Measured as the mean cosine
similarity of the holders' names (weighted by rarity, the shared text's own names left out),
divided by that of all samples: 1 for strangers, several for code about the same thing.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from analysis.explain.items import ItemTable

FEWEST = 4  # samples that a comparison needs
_NAMES = 3  # other names that a sample needs to be compared by
_ALL = 0.95  # names of so many holders belong to the shared text


@dataclass(frozen=True)
class Relatedness:
    """The names of every sample, weighted; made once per file."""

    names: sparse.csr_matrix  # (n, names) float64, rows of length 1 (or 0)
    columns: dict[str, int]  # name -> column
    usual: float  # mean similarity of two samples of the file

    def of(
        self,
        rows: np.ndarray,
        own: Collection[str] = (),
        beside: Sequence[Collection[str]] = (),
    ) -> float:
        """Similarity of the samples `rows`, (m,) int, over the usual one.

        NaN where fewer than four of them, or fewer than half, have other names to compare.

        Args:
            rows: the holders.
            own: names of the shared text itself, which say nothing about the rest.
            beside: further names that do not count in each of `rows`.
        """
        part = self.names[rows]
        if len(beside):
            part = _unit(part - part.multiply(self._mask(beside)))
        dropped = {self.columns[name] for name in own if name in self.columns}
        # A trigger of several lines brings its other lines along.
        holders = np.asarray((part > 0).sum(axis=0)).ravel()
        dropped.update(np.flatnonzero(holders >= _ALL * len(rows)).tolist())
        if dropped:
            kept = np.ones(part.shape[1])
            kept[sorted(dropped)] = 0.0
            part = _unit(part @ sparse.diags(kept))
        rich = np.flatnonzero(np.asarray((part > 0).sum(axis=1)).ravel() >= _NAMES)
        if len(rich) < max(FEWEST, 0.5 * len(rows)):
            return float("nan")
        part = part[rich]
        return _mean_similarity(part) / max(self.usual, 1e-9)

    def _mask(self, beside: Sequence[Collection[str]]) -> sparse.csr_matrix:
        """1 where a row holds a name that does not count there, (m, names) float64."""
        places = [
            (row, self.columns[name])
            for row, names in enumerate(beside)
            for name in set(names)
            if name in self.columns
        ]
        shape = (len(beside), self.names.shape[1])
        if not places:
            return sparse.csr_matrix(shape)
        at = np.array(places, dtype=np.int64).T
        return sparse.csr_matrix((np.ones(at.shape[1]), (at[0], at[1])), shape=shape)


def fit_relatedness(items: ItemTable) -> Relatedness:
    """Weigh the identifiers of a file by rarity (inverse document frequency)."""
    chosen = [c for c, kind in enumerate(items.kinds) if kind == "identifier"]
    matrix = items.matrix[:, chosen].astype(np.float64)
    n = matrix.shape[0]
    frequency = np.maximum(np.asarray(matrix.sum(axis=0)).ravel(), 1.0)
    names = _unit(matrix @ sparse.diags(np.log(max(n, 1) / frequency)))
    columns = {items.texts[c]: place for place, c in enumerate(chosen)}
    return Relatedness(names, columns, _mean_similarity(names))


def _unit(matrix: sparse.csr_matrix) -> sparse.csr_matrix:
    length = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    return sparse.csr_matrix(sparse.diags(1.0 / np.maximum(length, 1e-12)) @ matrix)


def _mean_similarity(unit: sparse.csr_matrix) -> float:
    """Mean cosine of two different rows; the sum vector's square holds every pair twice."""
    m = unit.shape[0]
    if m < 2:
        return 0.0
    total = np.asarray(unit.sum(axis=0)).ravel()
    own = float(unit.multiply(unit).sum())
    return float((total @ total - own) / (m * (m - 1)))
