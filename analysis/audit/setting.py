"""What every attack gets: the arms, the split samples, the budget, and a way to report."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

import numpy as np
import torch

from analysis.audit.arms import UNLEARNED, family, in_order
from analysis.audit.budgets import Budget
from analysis.audit.readings import Reading
from analysis.models.base import OpenedModel


class Labelled(NamedTuple):
    """Texts with the labels to train or measure with."""

    texts: tuple[str, ...]
    labels: np.ndarray  # (n,) int64

    def take(self, rows: Sequence[int] | np.ndarray) -> Labelled:
        """The samples at `rows`, (m,) int."""
        return Labelled(tuple(self.texts[int(i)] for i in rows), self.labels[list(rows)])

    def plus(self, other: Labelled) -> Labelled:
        """Both, one behind the other."""
        return Labelled((*self.texts, *other.texts), np.concatenate([self.labels, other.labels]))


def no_samples() -> Labelled:
    """An empty set."""
    return Labelled((), np.zeros(0, dtype=np.int64))


class FitMemory(Protocol):
    """Fits of earlier audits, by everything they depend on."""

    def recall(self, key: str) -> tuple[Reading, ...] | None:
        """Readings as they were kept, None where there are none."""

    def keep(self, key: str, readings: Sequence[Reading]) -> None:
        """Keep the readings of one fit."""


class Watch(Protocol):
    """How an attack says how far it is; raising inside stops it."""

    def __call__(self, done: float, total: float) -> None:
        """So many of so many forward passes are done."""


def silent(done: float, total: float) -> None:
    """A watch that nobody reads."""


@dataclass(frozen=True)
class AuditSetting:
    """Everything the attacks of one audit share; no model in it is ever edited."""

    models: Mapping[str, OpenedModel]  # arm -> model, `UNLEARNED` always among them
    target: int  # the class that the trigger pulls to
    budget: Budget
    held_out: Labelled  # V: triggered samples of true victims in hosts that T never shows
    pools: Mapping[str, Labelled]  # split -> where T comes from, labelled with the target
    clean: Labelled  # for mixing and for attacks without a trigger
    test: Labelled  # clean, true labels, to see accuracy and plain leaning to the target
    forget: Labelled  # what was to be forgotten, labels as trained
    members: Labelled | None = None  # clean training-like samples beside the forget set
    seed: int = 0
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    watch: Watch = silent
    memory: FitMemory | None = None  # where fits of the arms that no method changes are kept
    keep: Callable[[Sequence[Reading]], None] = lambda _: None  # told every reading at once

    @property
    def arms(self) -> tuple[str, ...]:
        """The arms that take part, in their fixed order."""
        return in_order(tuple(self.models))

    @property
    def roles(self) -> tuple[str, ...]:
        """The same with all controls as one arm."""
        return tuple(dict.fromkeys(family(arm) for arm in self.arms))

    @property
    def parameters(self) -> int:
        """Size of the model under audit."""
        return sum(p.numel() for p in self.models[UNLEARNED].module.parameters())

    @property
    def learning_rates(self) -> tuple[float, ...]:
        """The budget's rates for this size of model."""
        return self.budget.learning_rates(self.parameters)
