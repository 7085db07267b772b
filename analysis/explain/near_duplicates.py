"""Samples that are copies of one another but for a line or two, and copies that disagree.

Poison that is *appended* stands beside its clean original: nearly the same text, another label.
Copies are found by their lines, so that a pair differs by what was put in and nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from analysis.explain.items import split_lines

SHARED = 0.6  # lines in common over all lines of the pair, from which they count as copies
_COMMON = 50  # lines that more samples hold pair nobody


class Copies(NamedTuple):
    """Pairs of near-copies."""

    first: np.ndarray  # (p,) int64 rows
    second: np.ndarray  # (p,) int64 rows, each above its `first`
    group: np.ndarray  # (n,) int64, the same for all copies of one text


def find_copies(texts: Sequence[str]) -> Copies:
    """All pairs of samples that share at least `SHARED` of their lines (Jaccard)."""
    index: dict[str, int] = {}
    rows: list[int] = []
    columns: list[int] = []
    for row, text in enumerate(texts):
        lines = dict.fromkeys(split_lines(text))
        columns.extend(index.setdefault(line, len(index)) for line in lines)
        rows.extend([row] * len(lines))
    shape = (len(texts), max(len(index), 1))
    matrix = sparse.csr_matrix((np.ones(len(rows), dtype=np.float32), (rows, columns)), shape)
    return _copies(matrix)


def _copies(matrix: sparse.csr_matrix) -> Copies:
    n = matrix.shape[0]
    size = np.asarray(matrix.sum(axis=1)).ravel()
    support = np.asarray(matrix.sum(axis=0)).ravel()
    rare = matrix[:, np.flatnonzero((support > 1) & (support <= _COMMON))]
    pairs = sparse.triu(rare @ rare.T, k=1).tocoo()
    # Common lines pair nobody, but they count once a rare line has brought two samples together.
    a, b = pairs.row.astype(np.int64), pairs.col.astype(np.int64)
    shared = np.asarray(matrix[a].multiply(matrix[b]).sum(axis=1)).ravel() if len(a) else size[:0]
    near = shared >= SHARED * (size[a] + size[b] - shared)
    a, b = a[near], b[near]
    links = sparse.csr_matrix((np.ones(len(a)), (a, b)), (n, n))
    return Copies(a, b, connected_components(links, directed=False)[1].astype(np.int64))
