"""How far told probabilities hold on models that took no part in their fit.

Intervals resample whole models: samples of one model share its trigger and its training.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import NamedTuple

import numpy as np

from analysis.detect.calibration import Ranked, fit_calibration

EDGES = (0.0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 0.7, 1.0)  # of the reliability diagram
_RESAMPLES = 1000


class Judged(NamedTuple):
    """Probabilities told to models that took no part in the fit."""

    name: str
    told: np.ndarray  # (n,) float
    poisoned: np.ndarray  # (n,) bool


def left_out(models: Sequence[Ranked], groups: Sequence[str]) -> list[Judged]:
    """Each model judged by a map fitted on all models outside its group.

    Args:
        models: rankings.
        groups: a group per model, such as its own name or its trigger family.
    """
    judged = []
    for model, group in zip(models, groups, strict=True):
        rest = [m for m, g in zip(models, groups, strict=True) if g != group]
        told = fit_calibration(rest).apply(model.score, model.located)
        judged.append(Judged(model.name, told.astype(np.float64), model.poisoned))
    return judged


def brier(judged: Sequence[Judged]) -> float:
    """Mean over models of the mean squared distance from the truth."""
    return float(np.mean([((j.told - j.poisoned) ** 2).mean() for j in judged]))


def brier_interval(judged: Sequence[Judged], seed: int = 0) -> tuple[float, float]:
    """95 % interval of `brier`, resampling whole models."""
    each = np.array([((j.told - j.poisoned) ** 2).mean() for j in judged])
    rng = np.random.default_rng(seed)
    means = each[rng.integers(0, len(each), (_RESAMPLES, len(each)))].mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)


@dataclass(frozen=True)
class Bin:
    """One point of the reliability diagram."""

    told: float  # mean probability
    share: float  # poisoned among them
    low: float  # 95 % interval of the share, resampling whole models
    high: float
    rows: int
    poisoned: int
    models: int  # that have samples here

    def to_json(self) -> dict[str, float]:
        """Plain values."""
        return asdict(self)


def reliability(judged: Sequence[Judged], seed: int = 0) -> list[Bin]:
    """Told against true shares between `EDGES`; bins without a sample are left out."""
    rng = np.random.default_rng(seed)
    draws = rng.integers(0, len(judged), (_RESAMPLES, len(judged)))
    found = []
    for low, high in zip(EDGES[:-1], EDGES[1:], strict=True):
        here = [(j.told >= low) & ((j.told < high) | (high == 1.0)) for j in judged]
        rows = np.array([part.sum() for part in here])
        hits = np.array([j.poisoned[p].sum() for j, p in zip(judged, here, strict=True)])
        told = sum(j.told[part].sum() for j, part in zip(judged, here, strict=True))
        if not rows.sum():
            continue
        drawn_rows, drawn_hits = rows[draws].sum(axis=1), hits[draws].sum(axis=1)
        shares = drawn_hits[drawn_rows > 0] / drawn_rows[drawn_rows > 0]
        ends = np.quantile(shares, [0.025, 0.975])
        found.append(
            Bin(
                told=float(told / rows.sum()),
                share=float(hits.sum() / rows.sum()),
                low=float(ends[0]),
                high=float(ends[1]),
                rows=int(rows.sum()),
                poisoned=int(hits.sum()),
                models=int((rows > 0).sum()),
            )
        )
    return found
