"""One fit: a copy of the start, a loss, the loop, and what is measured after every epoch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from torch import nn

from analysis.models.base import OpenedModel
from analysis.models.tokens import pad_id
from analysis.pipeline.train_inputs import TrainInputs
from analysis.pipeline.train_settings import TrainOptions
from analysis.training.early_learning import gradient_norms
from analysis.training.fresh import fresh
from analysis.training.loop import Objective, StepCallback, StepRecord, TrainConfig, train
from analysis.training.losses.base import RobustLoss
from analysis.training.losses.dece import DeCE
from analysis.training.losses.objective import class_objective
from analysis.training.losses.specs import loss_spec
from analysis.training.losses.warmed import Warmed
from analysis.training.trainable import encoded, trainable
from analysis.training.written import prompt_ids, written_objective

EpochRow = dict[str, Any]


class Watched(NamedTuple):
    """Training rows whose gradients are measured after every epoch."""

    poisoned: np.ndarray  # (m,) int64
    clean: np.ndarray  # (m,) int64


class Fitted(NamedTuple):
    """A finished fit."""

    model: OpenedModel
    history: tuple[EpochRow, ...]


def watched_rows(inputs: TrainInputs, count: int, seed: int) -> Watched:
    """A seeded choice of poisoned and clean rows; empty without ground truth."""
    truth = inputs.samples.poisoned
    if truth is None or not count:
        return Watched(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64))
    rng = np.random.default_rng(seed)
    groups = [np.flatnonzero(truth), np.flatnonzero(~truth)]
    chosen = [np.sort(rng.permutation(rows)[:count]) for rows in groups]
    return Watched(chosen[0], chosen[1])


def build_loss(options: TrainOptions, knobs: Mapping[str, float | None]) -> Warmed:
    """The loss of a training, behind its warm-up (of 0 epochs where none was asked for)."""
    spec = loss_spec(options.loss)
    later: RobustLoss = spec.build(knobs, options.loss_epochs, options.ignore_index)
    return Warmed(later, options.warmup_epochs)


class _Epochs:
    """Gathers an epoch's steps and turns them into a line of the history at its end."""

    def __init__(
        self,
        measure: Callable[[int], Mapping[str, Any]],
        on_row: Callable[[EpochRow], None] | None,
        on_step: StepCallback | None,
    ) -> None:
        self.lines: list[EpochRow] = []
        self._measure, self._on_row, self._on_step = measure, on_row, on_step
        self._steps: list[StepRecord] = []

    def step(self, record: StepRecord) -> None:
        self._steps.append(record)
        if self._on_step is not None:
            self._on_step(record)

    def end(self, _: nn.Module, epoch: int) -> dict[str, float]:
        steps, self._steps = self._steps, []
        weights = [each.samples for each in steps]
        line = {
            "step": steps[-1].step,
            "epoch": epoch,
            "loss": float(np.average([each.loss for each in steps], weights=weights)),
            "gradient_norm": float(np.mean([each.gradient_norm for each in steps])),
            **self._measure(epoch),
        }
        self.lines.append(line)
        if self._on_row is not None:
            self._on_row(line)
        return {}


class Listener(NamedTuple):
    """Who hears about a fit while it runs."""

    on_row: Callable[[EpochRow], None] | None = None
    on_step: StepCallback | None = None


_NOBODY = Listener()


def fit(
    inputs: TrainInputs,
    options: TrainOptions,
    loss: Warmed,
    rows: np.ndarray,
    seed: int,
    listener: Listener = _NOBODY,
) -> Fitted:
    """Train a copy of the start on `rows` of the samples, (n,) int64.

    Args:
        inputs: start, samples and yardstick.
        options: epochs, batch size, learning rate.
        loss: from `build_loss`.
        rows: rows of the samples to train on.
        seed: of order and, with fresh weights, of the start.
        listener: hears every step and every line of the history.
    """
    start = fresh(inputs.model, seed) if options.fresh else inputs.model
    model = trainable(start, inputs.choice.device)
    objective = _objective(inputs, model, loss)
    watched = watched_rows(inputs, options.gradient_samples if listener.on_row else 0, seed)
    loss.start_epoch(1)

    def measure(epoch: int) -> dict[str, Any]:
        line = {
            **inputs.yardstick.quick(model),
            **_pulls(inputs, model, watched, objective),
            **_phase(loss, epoch),
        }
        loss.start_epoch(epoch + 1)
        return line

    epochs = _Epochs(measure, listener.on_row, listener.on_step)
    train(
        model.module,
        _texts(inputs, model, rows),
        inputs.labels[rows],
        objective,
        _config(inputs, options, model, seed),
        epochs.end,
        epochs.step,
    )
    return Fitted(model, tuple(epochs.lines))


def _texts(inputs: TrainInputs, model: OpenedModel, rows: np.ndarray) -> list[np.ndarray]:
    texts = [inputs.samples.texts[row] for row in rows]
    return encoded(model, texts) if inputs.answers is None else prompt_ids(model, texts)


def _objective(inputs: TrainInputs, model: OpenedModel, loss: Warmed) -> Objective:
    if inputs.answers is None:
        return class_objective(model, loss)
    return written_objective(model, loss, inputs.answers)


def _config(
    inputs: TrainInputs, options: TrainOptions, model: OpenedModel, seed: int
) -> TrainConfig:
    return TrainConfig(
        epochs=options.epochs,
        learning_rate=options.rate(model.stacks[0].d_model),
        batch_size=options.batch_size,
        seed=seed,
        precision="bf16" if inputs.choice.precision == "bf16" else "fp32",
        device=str(inputs.choice.device),
        pad_id=pad_id(model),
    )


def _phase(loss: Warmed, epoch: int) -> dict[str, Any]:
    """Which loss the epoch had, and DeCE's alpha in it."""
    now = loss.current
    alpha = now.alpha if isinstance(now, DeCE) else float("nan")
    warm = epoch <= loss.warmup
    return {"phase": "warm-up" if warm else "loss", "alpha": alpha}


def _pulls(
    inputs: TrainInputs, model: OpenedModel, watched: Watched, objective: Objective
) -> dict[str, float]:
    """Mean gradient norm of watched poisoned and clean samples; NaN without ground truth."""
    found = {}
    for name, rows in (("poisoned", watched.poisoned), ("clean", watched.clean)):
        norms = gradient_norms(
            model.module,
            _texts(inputs, model, rows),
            inputs.labels[rows],
            objective,
            pad_id(model),
        )
        found[f"gradient_norm_{name}"] = float(norms.mean()) if len(norms) else float("nan")
    return found
