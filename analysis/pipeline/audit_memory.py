"""Fits of audits, kept in the cache of the runs folder beside the extracted vectors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.audit.readings import Cell, Reading
from analysis.extract.sink import EntryKey
from analysis.runs.cache import ActivationCache, CacheSink

NUMBERS = ("fold", "seed", "step", "epoch", "accuracy", "value_t", "loss", "gradient_norm", "rate")
NAMES = ("hits", "leaning", "numbers")


@dataclass(frozen=True)
class CachedFits:
    """Satisfies `analysis.audit.setting.FitMemory`."""

    cache: ActivationCache

    def recall(self, key: str) -> tuple[Reading, ...] | None:
        """Readings without names (attack, arm, variant, size), which the caller knows."""
        sink = self._entry(key)
        try:
            hits, leaning, numbers = (sink.load(name) for name in NAMES)
        finally:
            sink.abort()
        if hits is None or leaning is None or numbers is None:
            return None
        return tuple(_reading(*row) for row in zip(hits, leaning, numbers, strict=True))

    def keep(self, key: str, readings: Sequence[Reading]) -> None:
        """Keep one fit; one that failed at once has nothing to keep."""
        if not readings:
            return
        sink = self._entry(key)
        sink.put("hits", np.stack([r.hits for r in readings]))
        sink.put("leaning", np.stack([r.leaning for r in readings]))
        sink.put("numbers", np.array([_numbers(r) for r in readings], dtype=np.float64))
        sink.commit()

    def _entry(self, key: str) -> CacheSink:
        return self.cache.sink(EntryKey(key, "audit fit", 0, "fp32", ""))


def _numbers(reading: Reading) -> tuple[float, ...]:
    cell = reading.cell
    return (
        *(reading.fold, reading.seed, reading.step, cell.epoch, reading.accuracy),
        *(reading.value_t, reading.loss, reading.gradient_norm, cell.learning_rate),
    )


def _reading(hits: np.ndarray, leaning: np.ndarray, numbers: np.ndarray) -> Reading:
    found = dict(zip(NUMBERS, numbers.tolist(), strict=True))
    return Reading(
        attack="",
        arm="",
        cell=Cell("", found["rate"], 0, int(found["epoch"])),
        fold=int(found["fold"]),
        seed=int(found["seed"]),
        step=int(found["step"]),
        hits=np.array(hits),
        leaning=np.array(leaning),
        accuracy=found["accuracy"],
        value_t=found["value_t"],
        loss=found["loss"],
        gradient_norm=found["gradient_norm"],
    )
