"""Samples in the form that a step needs: token ids, what to answer, and seeded batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from analysis.errors import RequestError
from analysis.training.loop import bucketed_batches


@dataclass(frozen=True)
class Part:
    """Samples of one role (forget, retain, repair, twins, start …)."""

    ids: Sequence[np.ndarray]  # n arrays (t_i,) int, special tokens included
    labels: np.ndarray  # (n,) int64 class; for a causal model the index of the first answer token
    twins: np.ndarray | None = None  # (n,) int64: row of "retain" that each was made from

    def __post_init__(self) -> None:
        if len(self.ids) != len(self.labels):
            raise RequestError(f"{len(self.ids)} texts have {len(self.labels)} labels.")

    def __len__(self) -> int:
        return len(self.ids)

    def subset(self, rows: np.ndarray) -> Part:
        """The samples at `rows`, (m,) int, in that order."""
        twins = None if self.twins is None else self.twins[rows]
        return Part([self.ids[row] for row in rows], self.labels[rows], twins)

    def labelled(self, labels: np.ndarray) -> Part:
        """The same texts with other answers, (n,) int64."""
        return replace(self, labels=np.asarray(labels, dtype=np.int64))


def joined(pieces: Sequence[Part]) -> Part:
    """Several parts as one, in order."""
    return Part([i for p in pieces for i in p.ids], np.concatenate([p.labels for p in pieces]))


def batches(part: Part, size: int, seed: Sequence[int]) -> Iterator[np.ndarray]:
    """Endless batches of rows, epoch after epoch; similar lengths stand together.

    The same seed gives the same batches. Every epoch visits each row once.
    """
    rng = np.random.default_rng(list(seed))
    while True:
        yield from bucketed_batches(part.ids, min(size, len(part)), rng)
