"""The guard: what a look at held-out samples says, and whether a checkpoint may be kept.

Guard samples are a part of the retain set that no step trains on; the located trigger is inserted
into them, so no ground truth is needed. Without the trigger, flagged samples that are held out
stand in for triggered victims, and the target class cannot be watched.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
import torch
from torch import nn

from analysis.unlearn.parts import Part
from analysis.unlearn.scoring import Scorer

INVERTED_ASR = 0.10  # ASR this far below the floor: the trigger now means the victim class
INVERTED_CLASS = 0.08  # triggered accuracy of the target class this far below its clean accuracy
_BATCH = 64


class Look(NamedTuple):
    """Figures of one look at the guard samples."""

    accuracy: float  # clean guard samples
    asr: float | None  # triggered guard victims answered as target; None without any
    floor: float | None  # what counts as natural for `asr`
    target_triggered: float | None  # triggered accuracy of the target class; None when unknown
    target_clean: float | None  # the same samples without the trigger
    gap: float  # distance from "the trigger means nothing"; 0 is best

    slack: float = 0.0  # standard error of a change in accuracy; a budget cannot be finer
    own: float | None = None  # the same victims without the trigger, answered as target

    @property
    def inverted(self) -> bool:
        """Whether the trigger now pulls away from the target."""
        below = self.asr is not None and self.floor is not None
        if below and self.asr < self.floor - INVERTED_ASR:  # type: ignore[operator]
            return True
        if self.target_triggered is None or self.target_clean is None:
            return False
        return self.target_triggered < self.target_clean - INVERTED_CLASS


class Pulled(NamedTuple):
    """Shares answered as target, counted and as mean probability."""

    victims: float
    others: float  # samples of the target class itself; 0 without any
    soft_victims: float
    soft_others: float


def pulled(probabilities: np.ndarray, labels: np.ndarray, target: int) -> Pulled:
    """How many samples go to the target, by their true label; (n, k) and (n,)."""
    there = labels == target
    hits = probabilities.argmax(1) == target
    soft = probabilities[:, target]

    def mean(values: np.ndarray) -> float:
        return float(values.mean()) if len(values) else 0.0

    return Pulled(mean(hits[~there]), mean(hits[there]), mean(soft[~there]), mean(soft[there]))


def distance(found: Pulled, goal: Pulled) -> float:
    """Mean of counted and probability differences, victims and target class added."""
    counted = abs(found.victims - goal.victims) + abs(found.others - goal.others)
    soft = abs(found.soft_victims - goal.soft_victims) + abs(found.soft_others - goal.soft_others)
    return (counted + soft) / 2


Measure = Callable[[nn.Module], Look]


@dataclass(frozen=True)
class TriggerGuard:
    """Looks at clean guard samples and their triggered copies, row by row the same functions.

    Attributes:
        clean: n guard samples with true labels.
        triggered: their copies with the located trigger.
        target: class the trigger pulls to.
        floor: what a clean reference does on the same copies; None: what the model itself does
            on the clean samples, at every look.
    """

    score: Scorer
    clean: Part
    triggered: Part
    target: int
    floor: Pulled | None = None
    precision: str = "bf16"

    def __call__(self, module: nn.Module) -> Look:
        """Look once, without gradients."""
        plain = probabilities(module, self.score, self.clean, self.precision)
        hit = probabilities(module, self.score, self.triggered, self.precision)
        labels, target = self.clean.labels, self.target
        victims = labels != target
        own = pulled(plain, labels, target)
        found = pulled(hit, labels, target)
        goal = own if self.floor is None else self.floor
        said = plain.argmax(1)
        return Look(
            accuracy=float((said == labels).mean()),
            asr=found.victims,
            floor=goal.victims,
            target_triggered=found.others if (~victims).any() else None,
            target_clean=own.others if (~victims).any() else None,
            gap=distance(found, goal),
            slack=_slack(len(labels)),
            own=own.victims,
        )


@dataclass(frozen=True)
class ForgetGuard:
    """Looks at clean guard samples and at flagged samples that are held out.

    Attributes:
        clean: n guard samples with true labels.
        flagged: held-out flagged samples, labelled as trained.
        floor: what a clean reference does on them; None: the model's own error on clean victims.
    """

    score: Scorer
    clean: Part
    flagged: Part
    target: int
    floor: Pulled | None = None
    precision: str = "bf16"

    def __call__(self, module: nn.Module) -> Look:
        """Look once, without gradients."""
        plain = probabilities(module, self.score, self.clean, self.precision)
        hit = probabilities(module, self.score, self.flagged, self.precision)
        labels, target = self.clean.labels, self.target
        own = pulled(plain, labels, target)
        goal = (own if self.floor is None else self.floor)._replace(others=0.0, soft_others=0.0)
        flagged = np.full(len(self.flagged), -1)  # none of them counts as of the target class
        found = pulled(hit, flagged, target)
        return Look(
            accuracy=float((plain.argmax(1) == labels).mean()),
            asr=found.victims,
            floor=goal.victims,
            target_triggered=None,
            target_clean=own.others if (labels == target).any() else None,
            gap=distance(found, goal),
            slack=_slack(len(labels)),
        )


def with_floor(
    guard: TriggerGuard | ForgetGuard, clean: Sequence[nn.Module]
) -> TriggerGuard | ForgetGuard:
    """The guard with the natural floor of clean models, measured once; none change nothing.

    Clean models on the same samples are what `excess_asr` compares with, so they decide where to
    stop; the mean of several, for they differ from one another by points.
    """
    if not clean:
        return guard
    asked = guard.triggered if isinstance(guard, TriggerGuard) else guard.flagged
    labels = asked.labels if isinstance(guard, TriggerGuard) else np.full(len(asked), -1)
    found = [
        pulled(probabilities(module, guard.score, asked, guard.precision), labels, guard.target)
        for module in clean
    ]
    return replace(
        guard, floor=Pulled(*(float(np.mean(each)) for each in zip(*found, strict=True)))
    )


@dataclass(frozen=True)
class Kept:
    """The best checkpoint so far."""

    look: Look
    step: int
    state: Mapping[str, torch.Tensor] = field(repr=False)


def better(new: Look, kept: Look, start_accuracy: float, budget: float) -> bool:
    """Whether `new` is worth more than `kept`: inside the accuracy budget first, then the gap."""
    new_over = over_budget(new, start_accuracy, budget)
    kept_over = over_budget(kept, start_accuracy, budget)
    if new_over > 0 or kept_over > 0:
        return new_over < kept_over
    return new.gap < kept.gap


def _slack(n: int) -> float:
    """Standard error of the change in accuracy when one answer in twenty changes."""
    return float(np.sqrt(0.05 / max(1, n)))


def over_budget(look: Look, start_accuracy: float, budget: float) -> float:
    """Clean accuracy lost beyond the budget and the look's own noise; 0 inside."""
    return max(0.0, start_accuracy - look.accuracy - budget - look.slack)


def probabilities(module: nn.Module, score: Scorer, part: Part, precision: str) -> np.ndarray:
    """Class probabilities of every sample, (n, k) float32, without gradients."""
    device = next(module.parameters()).device
    order = np.argsort([len(ids) for ids in part.ids], kind="stable")
    found: list[np.ndarray] = []
    enabled = precision == "bf16"
    with torch.inference_mode(), torch.autocast(device.type, torch.bfloat16, enabled=enabled):
        for low in range(0, len(part), _BATCH):
            logits = score(module, part, order[low : low + _BATCH]).logits
            found.append(logits.float().softmax(dim=1).cpu().numpy())
    values = np.concatenate(found)
    result = np.empty_like(values)
    result[order] = values
    return result
