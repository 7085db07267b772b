"""The one optimisation loop: seeded, length-bucketed, one-cycle learning rate.

It gets a module and token ids and changes the module it was given, which is therefore always a
fresh copy made by the caller.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import nn

from analysis.errors import KenshinError, RequestError

Objective = Callable[[nn.Module, torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]
EpochCallback = Callable[[nn.Module, int], Mapping[str, float]]


@dataclass(frozen=True)
class TrainConfig:
    """Everything that decides how a model is trained.

    Raises:
        RequestError: a value outside its range.
    """

    epochs: int = 3
    learning_rate: float = 4e-4
    batch_size: int = 32
    weight_decay: float = 0.01
    warmup: float = 0.1  # share of the steps
    clip: float = 1.0  # norm of all gradients together
    seed: int = 0
    precision: str = "bf16"  # autocast; "fp32" switches it off
    device: str = "cpu"
    pad_id: int = 1

    def __post_init__(self) -> None:
        if self.epochs < 1 or self.batch_size < 1:
            raise RequestError(
                f"epochs {self.epochs} and batch size {self.batch_size}: expected 1 or more."
            )
        if not 0 < self.learning_rate < 1:
            raise RequestError(f"learning rate is {self.learning_rate}, expected between 0 and 1.")
        if self.precision not in ("bf16", "fp32"):
            raise RequestError(f"precision '{self.precision}' is unknown.", "Choose bf16 or fp32.")


class EpochRecord(NamedTuple):
    """One line of the training history."""

    epoch: int  # from 1
    step: int  # optimiser steps so far
    loss: float  # mean over the epoch's samples
    gradient_norm: float  # mean before clipping
    values: Mapping[str, float]  # what the callback measured


class StepRecord(NamedTuple):
    """One optimiser step."""

    step: int  # from 1, over all epochs
    total: int  # steps of the whole training
    samples: int  # in its batch
    loss: float
    gradient_norm: float  # before clipping


StepCallback = Callable[[StepRecord], None]


class PaddedBatch(NamedTuple):
    """Token ids padded on the right."""

    input_ids: torch.Tensor  # (b, t) int64
    attention_mask: torch.Tensor  # (b, t) int64


def train(
    module: nn.Module,
    ids: Sequence[np.ndarray],
    labels: np.ndarray,
    objective: Objective,
    config: TrainConfig,
    on_epoch: EpochCallback | None = None,
    on_step: StepCallback | None = None,
) -> tuple[EpochRecord, ...]:
    """Train `module` in place and return its history.

    Args:
        module: model with fresh or loaded weights; its parameters are changed.
        ids: n arrays (t_i,) int, special tokens included, already cut to the window.
        labels: (n,) int64.
        objective: (module, input_ids, attention_mask, labels) -> mean loss of the batch.
        config: hyperparameters and seed.
        on_epoch: called after every epoch in eval mode without gradients; its values are kept.
        on_step: called after every step; may raise to stop the training.

    Raises:
        RequestError: no samples.
        KenshinError: the loss or the gradient is no longer finite.
    """
    if not len(ids):
        raise RequestError("there are no samples to train on.", "Give at least one.")
    torch.manual_seed(config.seed)
    rng = np.random.default_rng(config.seed)
    steps_per_epoch = math.ceil(len(ids) / config.batch_size)
    optimiser, schedule = _optimiser(module, config, steps_per_epoch)
    history: list[EpochRecord] = []
    step = 0
    for epoch in range(1, config.epochs + 1):
        module.train()
        losses: list[float] = []
        norms: list[float] = []
        for rows in bucketed_batches(ids, config.batch_size, rng):
            batch = pad([ids[row] for row in rows], config.pad_id)
            loss, norm = _step(module, batch, labels[rows], objective, optimiser, config)
            schedule.step()
            step += 1
            losses.append(loss * len(rows))
            norms.append(norm)
            if on_step is not None:
                total = steps_per_epoch * config.epochs
                on_step(StepRecord(step, total, len(rows), loss, norm))
        values = _measured(module, epoch, on_epoch)
        mean_norm = float(np.mean(norms))
        history.append(EpochRecord(epoch, step, sum(losses) / len(ids), mean_norm, values))
    module.eval()
    return tuple(history)


def _measured(module: nn.Module, epoch: int, on_epoch: EpochCallback | None) -> Mapping[str, float]:
    if on_epoch is None:
        return {}
    module.eval()
    with torch.inference_mode():
        return dict(on_epoch(module, epoch))


def bucketed_batches(
    ids: Sequence[np.ndarray], batch_size: int, rng: np.random.Generator
) -> list[np.ndarray]:
    """Rows of each batch: neighbours in length together, batches in random order.

    Every row is in exactly one batch. Lengths are sorted inside pools of 50 random batches, so
    that batches differ from epoch to epoch.
    """
    lengths = np.array([len(item) for item in ids])
    order = rng.permutation(len(ids))
    pool = batch_size * 50
    batches: list[np.ndarray] = []
    for start in range(0, len(order), pool):
        part = order[start : start + pool]
        part = part[np.argsort(lengths[part], kind="stable")]
        batches += [part[i : i + batch_size] for i in range(0, len(part), batch_size)]
    return [batches[i] for i in rng.permutation(len(batches))]


def pad(ids: Sequence[np.ndarray], pad_id: int) -> PaddedBatch:
    """Pad token ids on the right to the longest of the batch, at least one column."""
    width = max(1, *(len(item) for item in ids))
    tokens = np.full((len(ids), width), pad_id, dtype=np.int64)
    mask = np.zeros((len(ids), width), dtype=np.int64)
    for row, item in enumerate(ids):
        tokens[row, : len(item)] = item
        mask[row, : len(item)] = 1
    return PaddedBatch(torch.from_numpy(tokens), torch.from_numpy(mask))


def _optimiser(
    module: nn.Module, config: TrainConfig, steps_per_epoch: int
) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler]:
    parameters = [p for p in module.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(
        parameters, lr=config.learning_rate, weight_decay=config.weight_decay, fused=True
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser,
        max_lr=config.learning_rate,
        total_steps=max(2, steps_per_epoch * config.epochs),
        pct_start=config.warmup,
        cycle_momentum=False,
    )
    return optimiser, schedule


def _step(
    module: nn.Module,
    batch: PaddedBatch,
    labels: np.ndarray,
    objective: Objective,
    optimiser: torch.optim.Optimizer,
    config: TrainConfig,
) -> tuple[float, float]:
    device = torch.device(config.device)
    with torch.autocast(device.type, torch.bfloat16, enabled=config.precision == "bf16"):
        loss = objective(
            module,
            batch.input_ids.to(device),
            batch.attention_mask.to(device),
            torch.from_numpy(np.asarray(labels, dtype=np.int64)).to(device),
        )
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    norm = nn.utils.clip_grad_norm_(module.parameters(), config.clip)
    value = float(loss.detach())
    if not math.isfinite(value) or not math.isfinite(float(norm)):
        raise KenshinError(
            f"training stopped: the loss is {value} and the gradient norm {float(norm)}.",
            "Lower the learning rate or train in fp32.",
        )
    optimiser.step()
    return value, float(norm)
