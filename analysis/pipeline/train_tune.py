"""`--tune`: which strength of a robust loss, found without knowing the trigger.

Nobody who needs a defence has the attacker's trigger, so attack success cannot choose. What an
honest user can measure is clean accuracy: of all settings, ordered by how little a hard sample
may pull, the strongest one is taken that costs at most one point against cross-entropy on the
same slice. Attack success is noted in the table where a file allows it, and not used.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from analysis.pipeline.train_fit import build_loss, fit
from analysis.pipeline.train_inputs import TrainInputs
from analysis.pipeline.train_measure import Yardstick
from analysis.pipeline.train_settings import TrainOptions
from analysis.pipeline.train_written import WrittenYardstick
from analysis.runs.writer import RunWriter
from analysis.training.losses.schedule import alpha_base
from analysis.training.losses.specs import loss_spec

BUDGET = 0.01  # clean accuracy that a setting may cost
SLICE = 2000  # training samples per trial at most
HELD_OUT = 0.25  # of the slice, where no test file was given


class Tuned(NamedTuple):
    """What was chosen and everything that was tried."""

    knobs: dict[str, float]
    trials: tuple[dict[str, Any], ...]
    within_budget: bool


def tune(inputs: TrainInputs, options: TrainOptions, seed: int, writer: RunWriter) -> Tuned:
    """Try cross-entropy and every setting of the loss's grid on a slice of the samples."""
    rng = np.random.default_rng(seed)
    rows = np.sort(rng.permutation(len(inputs.samples))[:SLICE])
    rows, sliced = _with_held_out(inputs, rows, rng)
    grid = [_settled(values, options) for values in loss_spec(options.loss).grid]
    plain = replace(options, loss="ce", epsilon=None, alpha=None, q=None, tune=False)
    trials: list[dict[str, Any]] = []
    for number, (asked, knobs) in enumerate([(plain, {}), *((options, k) for k in grid)]):
        writer.progress("Trying settings on a slice", number, 1 + len(grid))
        fitted = fit(sliced, asked, build_loss(asked, knobs), rows, seed)
        last = fitted.history[-1]
        trials.append(
            {
                "loss": asked.loss,
                **{name: knobs.get(name, float("nan")) for name in ("epsilon", "alpha", "q", "a")},
                "accuracy": last["accuracy"],
                "asr": last["asr"],
                "samples": len(rows),
                "chosen": False,
            }
        )
    return strongest(grid, trials)


def strongest(grid: Sequence[Mapping[str, float]], trials: list[dict[str, Any]]) -> Tuned:
    """The first setting of the grid inside the budget; the most accurate one if there is none.

    Args:
        grid: settings, the strongest first.
        trials: cross-entropy's trial, then one per setting, each with `accuracy`.
    """
    accuracy = np.array([trial["accuracy"] for trial in trials])
    inside = np.flatnonzero(accuracy[1:] >= accuracy[0] - BUDGET - 1e-12)
    chosen = int(inside[0]) if len(inside) else int(accuracy[1:].argmax())
    marked = [{**trial, "chosen": row == chosen + 1} for row, trial in enumerate(trials)]
    return Tuned(dict(grid[chosen]), tuple(marked), bool(len(inside)))


def _settled(values: Mapping[str, float], options: TrainOptions) -> dict[str, float]:
    """A line of the grid as knobs: there, alpha is that of the last epoch."""
    knobs = dict(values)
    if "alpha" in knobs:
        knobs["alpha"] = alpha_base(options.loss_epochs, knobs["alpha"])
    return knobs


def _with_held_out(
    inputs: TrainInputs, rows: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, TrainInputs]:
    """Rows to train on, and inputs whose yardstick has a test set."""
    old = inputs.yardstick
    if old.test is not None or isinstance(old, WrittenYardstick):
        return rows, inputs
    shuffled = rng.permutation(rows)
    cut = max(1, int(len(rows) * HELD_OUT))
    held_out = inputs.samples.subset(np.sort(shuffled[:cut]))
    yardstick = Yardstick(held_out, old.triggered, old.target, old.choice)
    return np.sort(shuffled[cut:]), replace(inputs, yardstick=yardstick)
