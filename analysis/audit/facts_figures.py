"""From readings to figures: the best cell of the grid for every arm, with bootstrap intervals.

The best learning rate and epoch are chosen anew in every draw, for every arm alike, so that the
choice among many cells is part of the interval (the best of many guesses lies above chance, for the
control too). Facts are drawn with replacement, the same ones for every arm. Efron and Tibshirani,
1993, percentile intervals.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis.audit.facts_prompts import PLAIN
from analysis.audit.facts_rtt import FactReading
from analysis.behaviour.intervals import Figure, wilson
from analysis.errors import KenshinError

DRAWS = 1000
LEVEL = (2.5, 97.5)  # percent
COLUMNS = (
    *("attack", "arm", "variant", "fold", "seed", "learning_rate", "samples", "epoch", "step"),
    *("seen", "value_t", "value_v", "plain_v", "probability_v", "loss", "gradient_norm", "n_v"),
)


class Cell(NamedTuple):
    """One setting of the attack."""

    variant: str
    learning_rate: float
    epoch: int


@dataclass(frozen=True)
class ArmResult:
    """The best that an attack gets out of one arm."""

    cell: Cell
    accuracy: Figure  # with Wilson's interval at the best cell
    curve: tuple[tuple[int, float], ...]  # epoch, accuracy at the best learning rate


@dataclass(frozen=True)
class Grid:
    """Hits of every arm under every cell, over the same facts in the same order."""

    hits: Mapping[str, Mapping[Cell, np.ndarray]]  # arm -> cell -> (s, v) bool, a row per seed

    @property
    def arms(self) -> tuple[str, ...]:
        """Arms with at least one complete cell."""
        return tuple(arm for arm, cells in self.hits.items() if cells)

    @property
    def results(self) -> dict[str, ArmResult]:
        """The best of every arm."""
        return {arm: self.best(arm) for arm in self.arms}

    def of(self, variant: str) -> Grid:
        """The cells of one variant alone."""
        kept = {
            arm: {cell: hits for cell, hits in cells.items() if cell.variant == variant}
            for arm, cells in self.hits.items()
        }
        return Grid(kept)

    def best(self, arm: str) -> ArmResult:
        """The cell with the highest accuracy."""
        cells = self.hits[arm]
        chosen = max(cells, key=lambda cell: (float(cells[cell].mean()), -cell.epoch))
        value, n = float(cells[chosen].mean()), cells[chosen].shape[1]
        curve = tuple(
            (cell.epoch, float(hits.mean()))
            for cell, hits in sorted(cells.items(), key=lambda item: item[0].epoch)
            if (cell.variant, cell.learning_rate) == (chosen.variant, chosen.learning_rate)
        )
        return ArmResult(chosen, Figure(value, n, *wilson(round(value * n), n)), curve)

    def draws(self, arm: str, weights: np.ndarray) -> np.ndarray:
        """Best accuracy of each draw; weights (b, v) with rows summing to 1 -> (b,)."""
        table = np.array([hits.mean(axis=0) for hits in self.hits[arm].values()])  # (c, v)
        best: np.ndarray = (weights @ table.T).max(axis=1)
        return best


def grid(readings: Sequence[FactReading], attack: str) -> Grid:
    """Complete cells (every fold and seed that the arm has) of one attack."""
    found: dict[str, dict[Cell, dict[tuple[int, int], np.ndarray]]] = defaultdict(dict)
    for r in readings:
        if r.attack == attack:
            cell = Cell(r.variant, r.learning_rate, r.epoch)
            found[r.arm].setdefault(cell, {})[r.seed, r.fold] = r.hits
    return Grid({arm: _complete(cells) for arm, cells in found.items()})


def shares(
    top: Grid, arm: str, original: str, floor: str | float, seed: int = 0
) -> tuple[Figure, Figure]:
    """What an arm gives, over what the original gives: plain ratio, and with the floor taken off.

    Args:
        top: readings of one attack, or of asking.
        arm: the arm asked about.
        original: the arm that is 1 by definition.
        floor: the arm that is 0 by definition, or the accuracy of guessing.
        seed: of the draws.

    Raises:
        KenshinError: an arm has no reading that covers every fold.
    """
    missing = [a for a in (arm, original) if a not in top.arms]
    if missing:
        raise KenshinError(
            f"the attack has no finished fit of the {missing[0]} model.",
            "Its training broke off; repeat the audit in another budget.",
        )
    n = next(iter(top.hits[arm].values())).shape[1]
    rng = np.random.default_rng([seed, n])
    weights = rng.multinomial(n, np.full(n, 1 / n), size=DRAWS) / n
    one = np.full((1, n), 1 / n)
    mine, whole = (np.append(top.draws(a, one), top.draws(a, weights)) for a in (arm, original))
    below = (
        np.append(top.draws(floor, one), top.draws(floor, weights))
        if isinstance(floor, str)
        else np.full(DRAWS + 1, floor)
    )
    ratio = mine / np.maximum(whole, 1e-9)
    corrected = (mine - below) / np.maximum(whole - below, 1e-9)
    return _figure(ratio, n), _figure(corrected, n)


def recovery_table(readings: Sequence[FactReading]) -> pd.DataFrame:
    """The `recovery` table, one row per reading."""
    rows = [
        (
            *(r.attack, r.arm, r.variant, r.fold, r.seed, r.learning_rate, r.samples, r.epoch),
            *(
                r.step,
                r.samples * r.epoch,
                r.value_t,
                r.value_v,
                float(r.plain.mean()),
                float(r.probability.mean()),
            ),
            *(r.loss, r.gradient_norm, len(r.hits)),
        )
        for r in readings
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def history_table(readings: Sequence[FactReading]) -> pd.DataFrame:
    """The `history` table: what was trained, per epoch; facts have no ASR."""
    frame = recovery_table([r for r in readings if r.epoch and r.variant == PLAIN.name])
    frame = frame.rename(columns={"value_v": "accuracy"}).drop(columns=["value_t", "n_v"])
    return frame.assign(asr=np.nan)


def _complete(cells: Mapping[Cell, Mapping[tuple[int, int], np.ndarray]]) -> dict[Cell, np.ndarray]:
    wanted = {key for parts in cells.values() for key in parts}
    seeds = sorted({seed for seed, _ in wanted})
    folds = sorted({fold for _, fold in wanted})
    # a fit that blew up leaves a cell over fewer facts, which cannot be compared
    return {
        cell: np.array([np.concatenate([parts[s, f] for f in folds]) for s in seeds])
        for cell, parts in cells.items()
        if set(parts) == wanted
    }


def _figure(values: np.ndarray, n: int) -> Figure:
    """First the estimate, then its draws."""
    low, high = np.percentile(values[1:], LEVEL)
    return Figure(float(values[0]), n, float(low), float(high))
