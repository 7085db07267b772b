"""One attack by training: a copy of an arm is fine-tuned and measured after each epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from torch import nn

from analysis.audit.budgets import Cost
from analysis.audit.measure import Seen, measure, predicted
from analysis.audit.readings import Cell, Reading
from analysis.audit.setting import AuditSetting, Labelled
from analysis.errors import KenshinError
from analysis.models.tokens import pad_id
from analysis.training.loop import EpochRecord, TrainConfig, train
from analysis.training.trainable import encoded, head_objective, trainable

BATCH = 16  # small, so that a handful of samples still makes several steps


class Fit(NamedTuple):
    """What to train and how it is named in the table."""

    attack: str
    variant: str
    fold: int
    seed: int
    learning_rate: float
    samples: int  # as the table counts them
    shown: Labelled  # T together with its clean samples
    triggered: int = 0  # the first so many of `shown` are T


def relearn(arm: str, fit: Fit, setting: AuditSetting) -> tuple[Reading, ...]:
    """Fine-tune a copy of `arm` and measure V after every epoch.

    A fit that blows up (loss or gradient not finite) gives the readings before it.
    """
    copy = trainable(setting.models[arm], setting.device)
    seen: list[tuple[Seen, float]] = []

    def after(_: nn.Module, epoch: int) -> Mapping[str, float]:
        own = predicted(copy, fit.shown.texts[: fit.triggered], setting) == setting.target
        seen.append((measure(copy, setting), float(own.mean()) if len(own) else float("nan")))
        return {}

    config = TrainConfig(
        epochs=setting.budget.epochs,
        learning_rate=fit.learning_rate,
        batch_size=BATCH,
        seed=fit.seed + 1000 * fit.fold,
        precision="fp32",
        device=str(setting.device),
        pad_id=pad_id(copy),
    )
    try:
        history = train(
            copy.module,
            encoded(copy, fit.shown.texts),
            fit.shown.labels,
            head_objective(copy),
            config,
            after,
        )
    except KenshinError:
        history = ()
    return _readings(arm, fit, seen, history)


def _readings(
    arm: str, fit: Fit, seen: list[tuple[Seen, float]], history: tuple[EpochRecord, ...]
) -> tuple[Reading, ...]:
    steps = -(-len(fit.shown.texts) // BATCH)
    found = []
    for number, (each, value_t) in enumerate(seen):
        record = history[number] if number < len(history) else None
        found.append(
            Reading(
                attack=fit.attack,
                arm=arm,
                cell=Cell(fit.variant, fit.learning_rate, fit.samples, number + 1),
                fold=fit.fold,
                seed=fit.seed,
                step=steps * (number + 1),
                hits=each.hits,
                leaning=each.leaning,
                accuracy=each.accuracy,
                value_t=value_t,
                loss=float("nan") if record is None else record.loss,
                gradient_norm=float("nan") if record is None else record.gradient_norm,
            )
        )
    return tuple(found)


def fits_cost(fits: Sequence[Fit], setting: AuditSetting) -> Cost:
    """What every arm's fits take: samples as they are, which may be fewer than the budget's."""
    asked = len(setting.held_out.texts) + len(setting.test.texts)
    each = setting.budget.epochs * len(setting.arms)
    return Cost(
        fits=len(fits) * len(setting.arms),
        trained=each * sum(len(fit.shown.texts) for fit in fits),
        read=each * sum(asked + fit.triggered for fit in fits),
    )


def mixture(
    pool: Labelled, clean: Labelled, size: int, ratio: int, rng: np.random.Generator
) -> Labelled:
    """`size` triggered samples followed by `ratio` times as many clean ones, as far as they go."""
    first = pool.take(rng.permutation(len(pool.texts))[:size])
    return first.plus(clean.take(rng.permutation(len(clean.texts))[: size * ratio]))
