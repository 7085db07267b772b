"""RTT for facts: fine-tune on the facts T, score the facts V that the fine-tuning never showed.

Deeb and Roger, 2024, "Do Unlearning Methods Remove Information from Language Model Weights?",
https://arxiv.org/abs/2410.08827. The facts are independent and cannot be guessed, so an answer of V
that comes back was in the weights all along. The same grid is spent on every arm, and the best
cell of the grid counts for each: a fixed learning rate would understate recovery.

Weakness: not passing proves hiding, passing proves nothing beyond this budget; T must not teach V
(the control arm shows whether it does); four choices only show what is ranked first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import nn

from analysis.audit.facts_budgets import FactsBudget
from analysis.audit.facts_model import ChoiceScores, answers_part, score_choices
from analysis.audit.facts_prompts import CALIBRATED, FEW_SHOT, LEAD_INS, PLAIN, WORDINGS, few_shot
from analysis.data.facts import FactSet
from analysis.errors import KenshinError
from analysis.models.base import OpenedModel
from analysis.models.tokens import pad_id
from analysis.training.loop import EpochRecord, Objective, TrainConfig, train
from analysis.training.trainable import trainable
from analysis.unlearn.decisions import cross_entropy, of_tokens

ASKING, RELEARNING = "asking", "relearning"
T_READ = 160  # facts of T that are read to see whether the attack took


class FactReading(NamedTuple):
    """One measurement of one arm; epoch 0 is before any training."""

    attack: str  # "asking" or "relearning"
    variant: str  # how the questions were put
    arm: str
    fold: int
    seed: int
    learning_rate: float  # 0 where nothing was trained
    samples: int  # facts in T
    epoch: int
    step: int
    hits: np.ndarray  # (v,) bool, the true answer of V ranks first; calibrated unless "plain"
    plain: np.ndarray  # (v,) bool, not calibrated
    probability: np.ndarray  # (v,) float64, of the true answer among the choices
    value_t: float = float("nan")  # accuracy on some facts of T
    loss: float = float("nan")
    gradient_norm: float = float("nan")

    @property
    def value_v(self) -> float:
        """Accuracy on V."""
        return float(self.hits.mean())


class Job(NamedTuple):
    """One fit."""

    arm: str
    fold: int
    seed: int
    learning_rate: float


Watch = Callable[[int, int], None]  # fits done, fits in all; may raise to stop


def asked(
    model: OpenedModel, arm: str, facts: FactSet, folds: Sequence[int]
) -> tuple[FactReading, ...]:
    """What an arm answers before any training, for every way of asking and every fold.

    Only "plain" is read as it stands; all other ways are attacks and are read calibrated.
    """
    ready = model.to(torch.device("cpu"), torch.float32)
    scored = facts.subset(np.flatnonzero(np.isin(facts.folds, folds)))
    found: list[FactReading] = []
    for prompt in (PLAIN, *WORDINGS, *LEAD_INS):
        scores = score_choices(ready, scored, prompt)
        for fold in folds:
            name = CALIBRATED if prompt is PLAIN else prompt.name
            new = _reading(Job(arm, fold, 0, 0.0), scores, scored.folds == fold, name)
            found.append(new)
            if prompt is PLAIN:  # as the model answers, nothing taken off
                found.append(new._replace(variant=PLAIN.name, hits=new.plain))
    for fold in folds:  # the examples must not come from the scored fold
        scores = score_choices(ready, facts.inside(fold), few_shot(facts.outside(fold)))
        everything = np.ones(len(scores.correct), dtype=bool)
        found.append(_reading(Job(arm, fold, 0, 0.0), scores, everything, FEW_SHOT))
    return tuple(found)


def retrain(
    model: OpenedModel, job: Job, facts: FactSet, budget: FactsBudget
) -> tuple[FactReading, ...]:
    """Fine-tune a copy of `model` on T and read V after every epoch; `model` stays as it is.

    A fit that blows up keeps the readings from before.
    """
    copy = trainable(model)
    taught = facts.outside(job.fold)
    scored, own = _scored(facts, job.fold)
    part = answers_part(copy, taught.questions, taught.answers)
    found: list[FactReading] = []

    def after(_: nn.Module, epoch: int) -> Mapping[str, float]:
        scores = score_choices(copy, scored)
        new = _reading(job, scores, own, CALIBRATED, epoch, len(taught))
        new = new._replace(value_t=float(scores.plain_hits[~own].mean()))
        found.extend((new, new._replace(variant=PLAIN.name, hits=new.plain)))
        return {}

    config = TrainConfig(
        epochs=budget.epochs,
        learning_rate=job.learning_rate,
        batch_size=budget.batch_size,
        weight_decay=0.0,
        seed=job.seed + 1000 * job.fold,
        precision="fp32",
        pad_id=pad_id(copy),
    )
    try:
        history = train(copy.module, part.ids, part.labels, answer_objective(), config, after)
    except KenshinError:
        return tuple(found)
    by_epoch = {record.epoch: record for record in history}
    return tuple(_with_history(reading, by_epoch[reading.epoch]) for reading in found)


def rtt(
    models: Mapping[str, OpenedModel],
    facts: FactSet,
    budget: FactsBudget,
    watch: Watch | None = None,
    keep: Callable[[Sequence[FactReading]], None] | None = None,
) -> tuple[FactReading, ...]:
    """Spend the budget on every arm.

    Args:
        models: arm -> model.
        facts: with their folds.
        budget: the same for all.
        watch: told before every fit how many are done.
        keep: told the readings of every fit at once.
    """
    folds = attacked_folds(facts, budget)
    found: list[FactReading] = []
    for arm, model in models.items():
        new = asked(model, arm, facts, folds)
        found += new
        if keep is not None:
            keep(new)
    jobs = plan(models, facts, budget)
    for done, job in enumerate(jobs):
        if watch is not None:
            watch(done, len(jobs))
        new = retrain(models[job.arm], job, facts, budget)
        found += new
        if keep is not None:
            keep(new)
    return tuple(found)


def plan(models: Mapping[str, OpenedModel], facts: FactSet, budget: FactsBudget) -> tuple[Job, ...]:
    """Every fit, arms side by side so that an interrupted audit has something of each."""
    return tuple(
        Job(arm, fold, seed, rate)
        for seed in range(budget.seeds)
        for fold in attacked_folds(facts, budget)
        for arm, model in models.items()
        for rate in budget.learning_rates(parameters_of(model))
    )


def attacked_folds(facts: FactSet, budget: FactsBudget) -> tuple[int, ...]:
    """The folds that become V in turn."""
    return tuple(range(min(budget.folds, facts.n_folds)))


def parameters_of(model: OpenedModel) -> int:
    """Size of a model."""
    return sum(p.numel() for p in model.module.parameters())


def answer_objective() -> Objective:
    """Cross-entropy of the answer tokens; labels are the place of the first one."""

    def loss(
        module: nn.Module, ids: torch.Tensor, mask: torch.Tensor, labels: torch.Tensor
    ) -> torch.Tensor:
        places = torch.arange(ids.shape[1], device=ids.device)
        answer = (places >= labels[:, None]) & mask.bool()
        return cross_entropy(
            of_tokens(module(input_ids=ids, attention_mask=mask).logits, ids, answer)
        )

    return loss


def _scored(facts: FactSet, fold: int) -> tuple[FactSet, np.ndarray]:
    """V and some facts of T, and which of them are V."""
    inside = np.flatnonzero(facts.folds == fold)
    some = np.flatnonzero(facts.folds != fold)[:T_READ]
    rows = np.concatenate([inside, some])
    return facts.subset(rows), np.arange(len(rows)) < len(inside)


def _reading(
    job: Job,
    scores: ChoiceScores,
    own: np.ndarray,
    variant: str,
    epoch: int = 0,
    samples: int = 0,
) -> FactReading:
    return FactReading(
        attack=RELEARNING if epoch else ASKING,
        variant=variant,
        arm=job.arm,
        fold=job.fold,
        seed=job.seed,
        learning_rate=job.learning_rate,
        samples=samples,
        epoch=epoch,
        step=0,
        hits=scores.hits[own],
        plain=scores.plain_hits[own],
        probability=scores.probability[own],
    )


def _with_history(reading: FactReading, record: EpochRecord) -> FactReading:
    return reading._replace(step=record.step, loss=record.loss, gradient_norm=record.gradient_norm)
