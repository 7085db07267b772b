"""The guard: what a look at held-out samples says, and whether a checkpoint may be kept.

Guard samples are a part of the retain set that no step trains on; the located trigger is inserted
into them, so no ground truth is needed. Without the trigger, flagged samples that are held out
stand in for triggered victims, and the target class cannot be watched.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
    gap: float  # distance from "the trigger means nothing", in mean probabilities; 0 is best

    @property
    def inverted(self) -> bool:
        """Whether the trigger now pulls away from the target."""
        below = self.asr is not None and self.floor is not None
        if below and self.asr < self.floor - INVERTED_ASR:  # type: ignore[operator]
            return True
        if self.target_triggered is None or self.target_clean is None:
            return False
        return self.target_triggered < self.target_clean - INVERTED_CLASS


Measure = Callable[[nn.Module], Look]


@dataclass(frozen=True)
class TriggerGuard:
    """Looks at clean guard samples and their triggered copies, row by row the same functions.

    Attributes:
        clean: n guard samples with true labels.
        triggered: their copies with the located trigger.
        target: class the trigger pulls to.
        floor: natural flip rate of a clean reference on the same copies; None: the model's own
            error on the clean victims, at every look.
        soft_floor: the same as mean probability of the target.
    """

    score: Scorer
    clean: Part
    triggered: Part
    target: int
    floor: float | None = None
    soft_floor: float | None = None
    precision: str = "bf16"

    def __call__(self, module: nn.Module) -> Look:
        """Look once, without gradients."""
        plain = probabilities(module, self.score, self.clean, self.precision)
        hit = probabilities(module, self.score, self.triggered, self.precision)
        labels, target = self.clean.labels, self.target
        victims = labels != target
        said, struck = plain.argmax(1), hit.argmax(1)
        own_soft = float(plain[victims, target].mean())
        soft = own_soft if self.soft_floor is None else self.soft_floor
        effect = abs(float(hit[victims, target].mean()) - soft)
        pull = abs(float((hit - plain)[~victims, target].mean())) if (~victims).any() else 0.0
        return Look(
            accuracy=float((said == labels).mean()),
            asr=float((struck[victims] == target).mean()),
            floor=float((said[victims] == target).mean()) if self.floor is None else self.floor,
            target_triggered=_share(struck[~victims] == target),
            target_clean=_share(said[~victims] == target),
            gap=effect + pull,
        )


@dataclass(frozen=True)
class ForgetGuard:
    """Looks at clean guard samples and at flagged samples that are held out.

    Attributes:
        clean: n guard samples with true labels.
        flagged: held-out flagged samples, labelled as trained.
        floor: share of them that a clean reference answers as target; None: the model's own error
            on clean victims.
        soft_floor: the same as mean probability of the target.
    """

    score: Scorer
    clean: Part
    flagged: Part
    target: int
    floor: float | None = None
    soft_floor: float | None = None
    precision: str = "bf16"

    def __call__(self, module: nn.Module) -> Look:
        """Look once, without gradients."""
        plain = probabilities(module, self.score, self.clean, self.precision)
        hit = probabilities(module, self.score, self.flagged, self.precision)
        labels, target = self.clean.labels, self.target
        victims = labels != target
        said = plain.argmax(1)
        soft = float(plain[victims, target].mean()) if self.soft_floor is None else self.soft_floor
        return Look(
            accuracy=float((said == labels).mean()),
            asr=_share(hit.argmax(1) == target),
            floor=float((said[victims] == target).mean()) if self.floor is None else self.floor,
            target_triggered=None,
            target_clean=_share(said[~victims] == target),
            gap=abs(float(hit[:, target].mean()) - soft),
        )


def with_floor(
    guard: TriggerGuard | ForgetGuard, reference: nn.Module | None
) -> TriggerGuard | ForgetGuard:
    """The guard with the natural floor of a clean reference, measured once; None changes nothing.

    A reference on the same samples is what `excess_asr` compares with, so it decides where to
    stop.
    """
    if reference is None:
        return guard
    asked = guard.triggered if isinstance(guard, TriggerGuard) else guard.flagged
    said = probabilities(reference, guard.score, asked, guard.precision)
    if isinstance(guard, TriggerGuard):
        said = said[asked.labels != guard.target]
    if not len(said):
        return guard
    return replace(
        guard,
        floor=float((said.argmax(axis=1) == guard.target).mean()),
        soft_floor=float(said[:, guard.target].mean()),
    )


@dataclass(frozen=True)
class Kept:
    """The best checkpoint so far."""

    look: Look
    step: int
    state: Mapping[str, torch.Tensor] = field(repr=False)


def better(new: Look, kept: Look, start_accuracy: float, budget: float) -> bool:
    """Whether `new` is worth more than `kept`: inside the accuracy budget first, then the gap."""
    new_over = max(0.0, start_accuracy - new.accuracy - budget)
    kept_over = max(0.0, start_accuracy - kept.accuracy - budget)
    if (new_over > 0) != (kept_over > 0):
        return new_over == 0
    if new_over > 0:
        return new_over < kept_over
    return new.gap < kept.gap


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


def _share(hits: np.ndarray) -> float | None:
    return float(hits.mean()) if len(hits) else None
