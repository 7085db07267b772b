"""Which retain samples are trained on and which are only looked at."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from analysis.unlearn.config import UnlearnConfig


class Split(NamedTuple):
    """Rows of the retain set."""

    held: np.ndarray  # (g,) int64, guard samples
    train: np.ndarray  # (m,) int64


def split(labels: np.ndarray, usable: np.ndarray, config: UnlearnConfig) -> Split:
    """A seeded split with the same class shares on both sides.

    Args:
        labels: (n,) int64.
        usable: (n,) bool, which samples the guard may use.
        config: guard share, largest guard, seed.
    """
    rng = np.random.default_rng([config.seed, 3])
    wanted = min(config.guard_share, config.guard_samples / max(1, len(labels)))
    held: list[int] = []
    for label in np.unique(labels):
        rows = rng.permutation(np.flatnonzero((labels == label) & usable))
        held += rows[: max(1, round(wanted * int((labels == label).sum())))].tolist()
    chosen = np.zeros(len(labels), dtype=bool)
    chosen[held] = True
    return Split(np.flatnonzero(chosen), np.flatnonzero(~chosen))
