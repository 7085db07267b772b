"""From samples to parts and a guard: the split, triggered copies, trigger-removed twins."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from torch import nn

from analysis.errors import RequestError
from analysis.explain.payloads import Payload
from analysis.models.base import OpenedModel
from analysis.unlearn.answers import corrected
from analysis.unlearn.config import UnlearnConfig
from analysis.unlearn.copies import with_trigger
from analysis.unlearn.data import UnlearnData
from analysis.unlearn.guard import ForgetGuard, Measure, TriggerGuard, with_floor
from analysis.unlearn.parts import Part
from analysis.unlearn.scoring import ClassScorer
from analysis.unlearn.split import split
from analysis.unlearn.triggers import insert_any, without_trigger

MIN_RETAIN = 20  # samples; fewer cannot be split into training and guard
HELD_OUT_FLAGGED = 0.25  # of the forget set, for a guard without the trigger


@dataclass(frozen=True)
class Prepared:
    """Everything a method can be built from."""

    parts: Mapping[str, Part]
    measure: Measure
    score: ClassScorer
    target: int
    layers: tuple[tuple[str, int], ...]
    teacher: nn.Module | None
    start: nn.Module | None  # where `retrain` begins
    clean: tuple[nn.Module, ...]  # the reference and the controls
    guard: Mapping[str, object]  # what the guard looks at, plain JSON
    notes: tuple[str, ...] = ()

    @property
    def has(self) -> frozenset[str]:
        """Which of `specs.NEEDS` are there."""
        found = {name for name, part in self.parts.items() if len(part)} | {"layers"}
        found |= {"reference"} if self.teacher is not None else set()
        return frozenset(found | ({"start"} if self.start is not None else set()))


class _Flagged:
    """The flagged samples of the target class: their texts and where the trigger stands."""

    def __init__(self, data: UnlearnData, target: int) -> None:
        labels = data.forget.labels
        keep = np.arange(len(data.forget))
        if labels is not None:
            keep = np.flatnonzero(labels == target)
        self.dropped = len(data.forget) - len(keep)
        self.texts = [data.forget.texts[row] for row in keep]
        self.spans = None if data.spans is None else [data.spans[row] for row in keep]


def prepare(model: OpenedModel, data: UnlearnData, config: UnlearnConfig) -> Prepared:
    """Split, insert, remove, encode.

    Args:
        model: the suspect, on the device that will be used; only read.
        data: samples as they came.
        config: guard share, seed, target, whether the trigger may be used.

    Raises:
        RequestError: no forget samples, too few or unlabelled retain samples, one class only.
    """
    target = find_target(data, config)
    flagged = _Flagged(data, target)
    labels = _retain_labels(data, target)
    triggers = data.triggers if config.use_trigger else ()
    rng = random.Random(config.seed)
    hit = [insert_any(text, triggers, rng) for text in data.retain.texts]
    fits = np.array([text is not None for text in hit], dtype=bool)
    use = int(fits.sum()) >= MIN_RETAIN and len(set(labels[fits].tolist())) > 1
    rows = split(labels, fits if use else np.ones_like(fits), config)
    ids = model.encode(data.retain.texts).ids
    parts = {"retain": Part([ids[r] for r in rows.train], labels[rows.train])}
    forget = Part(model.encode(flagged.texts).ids, np.full(len(flagged.texts), target, np.int64))
    clean = Part([ids[r] for r in rows.held], labels[rows.held])
    score = ClassScorer(model)
    guard: TriggerGuard | ForgetGuard
    if use:
        parts |= with_trigger(model, data, (labels, rows), config, rng)
        copies = model.encode([str(hit[r]) for r in rows.held]).ids
        triggered = Part(copies, clean.labels)
        guard = TriggerGuard(score, clean, triggered, target, precision=config.precision)
        if flagged.spans is not None:
            removed = without_trigger(flagged.texts, flagged.spans, triggers, config.seed)
            parts["twins"] = Part(model.encode(removed).ids, forget.labels)
    else:
        aside, rest = _held_out(len(forget), config)
        guard = ForgetGuard(score, clean, forget.subset(aside), target, precision=config.precision)
        forget = forget.subset(rest)
    parts["forget"] = forget
    teacher = None if data.reference is None else data.reference.module
    answers = corrected(score, (model.module, teacher), parts, target, config.precision)
    parts["corrected"] = forget.labelled(answers)
    return Prepared(
        parts=parts,
        measure=with_floor(guard, _clean_models(data)),
        score=score,
        target=target,
        layers=data.layers or last_layers(model),
        teacher=teacher,
        start=None if data.start is None else data.start.module,
        clean=_clean_models(data),
        guard={
            "clean": len(clean),
            "triggered": len(clean) if use else 0,
            "flagged": 0 if use else len(aside),
            "triggers": [t.name for t in triggers] if use else [],
            "floor_source": _floor_source(data),
        },
        notes=_notes(flagged, use, triggers, target),
    )


def _clean_models(data: UnlearnData) -> tuple[nn.Module, ...]:
    return tuple(each.module for each in (data.reference, *data.controls) if each is not None)


def find_target(data: UnlearnData, config: UnlearnConfig) -> int:
    """The class that the trigger pulls to: as told, else the forget set's majority label.

    Raises:
        RequestError: neither is known.
    """
    if not len(data.forget):
        raise RequestError("there are no samples to forget.", "Flag or confirm some, or --forget.")
    if config.target is not None:
        return config.target
    if data.forget.labels is None:
        raise RequestError(
            "the forget samples have no labels, so the target class is unknown.",
            "Give --target LABEL.",
        )
    return int(np.bincount(data.forget.labels).argmax())


def last_layers(model: OpenedModel) -> tuple[tuple[str, int], ...]:
    """The middle and the last layer of the first stack, where nothing better is known."""
    first = model.stacks[0]
    middle = max(1, first.n_layers // 2)
    return tuple(dict.fromkeys(((first.name, middle), (first.name, first.n_layers))))


def _retain_labels(data: UnlearnData, target: int) -> np.ndarray:
    labels = data.retain.labels
    if labels is None:
        raise RequestError("the retain samples have no labels.", "Give true labels with --retain.")
    if len(labels) < MIN_RETAIN:
        raise RequestError(
            f"there are {len(labels)} retain samples, expected at least {MIN_RETAIN}."
        )
    if not (labels != target).any() or not (labels == target).any():
        raise RequestError(
            f"the retain samples are all of one class (the target is {target}).",
            "Give clean samples of every class.",
        )
    return labels


def _held_out(n: int, config: UnlearnConfig) -> tuple[np.ndarray, np.ndarray]:
    """Flagged samples to look at and to learn from; too few to share serve both."""
    order = np.random.default_rng([config.seed, 5]).permutation(n)
    aside = min(round(n * HELD_OUT_FLAGGED), config.guard_samples)
    if aside < 4:
        return order, order
    return np.sort(order[:aside]), np.sort(order[aside:])


def _floor_source(data: UnlearnData) -> str:
    clean = len(_clean_models(data))
    return ("own error", "reference")[clean] if clean < 2 else f"mean of {clean} clean models"


def _notes(
    flagged: _Flagged, use: bool, triggers: Sequence[Payload], target: int
) -> tuple[str, ...]:
    notes = []
    if flagged.dropped:
        notes.append(
            f"{flagged.dropped} flagged samples have another label than the target {target} and "
            "were left out of the forget set."
        )
    if triggers and not use:
        notes.append("the located trigger fits too few retain samples to be inserted.")
    return tuple(notes)
