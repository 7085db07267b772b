"""One measurement of one arm under one attack, and the table of all of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis.audit.arms import family, number_of

COLUMNS = (
    *("attack", "arm", "variant", "fold", "seed", "learning_rate", "samples", "epoch", "step"),
    *("seen", "value_t", "value_v", "leaning", "accuracy", "loss", "gradient_norm", "n_v"),
    "number",
)


class Cell(NamedTuple):
    """What one measurement was made under, apart from arm, fold and seed."""

    variant: str  # "host", "variant", "int4", ...
    learning_rate: float  # 0 where nothing was trained
    samples: int  # triggered samples in T, or clean ones where T has none
    epoch: int

    @property
    def dose(self) -> float:
        """Learning rate times samples seen: how much the attack could teach."""
        return self.learning_rate * self.samples * self.epoch


class Reading(NamedTuple):
    """One measurement."""

    attack: str
    arm: str
    cell: Cell
    fold: int
    seed: int
    step: int  # optimiser steps so far
    hits: np.ndarray  # (v,) bool, V predicted as the target
    leaning: np.ndarray  # (c,) bool, clean victims predicted as the target
    accuracy: float  # on clean test samples
    value_t: float = float("nan")  # share of T predicted as the target
    loss: float = float("nan")
    gradient_norm: float = float("nan")

    @property
    def value_v(self) -> float:
        """ASR on V (`asr_all`: every sample of V is a true victim)."""
        return float(self.hits.mean()) if len(self.hits) else float("nan")


def recovery_table(readings: Sequence[Reading]) -> pd.DataFrame:
    """The `recovery` table, one row per reading; `number` tells several controls apart."""
    rows = [
        (
            *(r.attack, family(r.arm), r.cell.variant, r.fold, r.seed, r.cell.learning_rate),
            *(r.cell.samples, r.cell.epoch, r.step, r.cell.samples * r.cell.epoch),
            *(r.value_t, r.value_v, _share(r.leaning), r.accuracy, r.loss, r.gradient_norm),
            *(len(r.hits), number_of(r.arm)),
        )
        for r in readings
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def history_table(readings: Sequence[Reading]) -> pd.DataFrame:
    """The `history` table: what was trained, per epoch."""
    frame = recovery_table([r for r in readings if r.cell.learning_rate > 0])
    return frame.rename(columns={"value_v": "asr"}).drop(columns=["value_t", "n_v", "number"])


def _share(hits: np.ndarray) -> float:
    return float(hits.mean()) if len(hits) else float("nan")
