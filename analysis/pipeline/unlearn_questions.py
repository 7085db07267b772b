"""What every model of an unlearning is asked, and its answers."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from analysis.behaviour.near_miss import NearMisses, near_misses
from analysis.behaviour.placed import placed
from analysis.behaviour.predict import predict
from analysis.behaviour.twins import twin_rows
from analysis.config import InspectConfig
from analysis.explain.payloads import Payload
from analysis.extract.plan import make_plan
from analysis.models.base import OpenedModel
from analysis.pipeline.unlearn_inputs import UnlearnInputs
from analysis.pipeline.unlearn_variants import variant_questions
from analysis.records import SampleSet
from analysis.unlearn.triggers import insert_any


@dataclass(frozen=True)
class Questions:
    """What every model is asked, so that figures are paired.

    Attributes:
        target: class that the trigger pulls to.
        twins: row in the test set of each triggered sample; None where one is missing.
        added: test samples of classes that the triggered file lacks, with the located trigger.
        added_labels: their true labels, (m,) int64.
        variants: held-out victims with a changed form of the located trigger, once each.
        variant_rows: row in the test set of each of them, (v,) int64.
        near: the triggered samples with half the trigger; None where a twin is missing.
    """

    test: SampleSet | None
    triggered: SampleSet | None
    target: int
    twins: np.ndarray | None
    added: tuple[str, ...]
    added_labels: np.ndarray
    variants: tuple[str, ...] = ()
    variant_rows: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    near: NearMisses | None = None


@dataclass(frozen=True)
class Answers:
    """Predicted classes of one model."""

    test: np.ndarray | None
    triggered: np.ndarray | None
    added: np.ndarray
    variants: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    near: np.ndarray | None = None


def make_questions(inputs: UnlearnInputs, target: int, seed: int) -> Questions:
    """The questions that the given files allow."""
    test, triggered = inputs.test, inputs.triggered
    if triggered is not None and triggered.labels is None:
        triggered = None
    if test is not None and test.labels is None:
        test = None
    texts, labels = _added(test, triggered, inputs.flagged.triggers, seed)
    variants, rows = variant_questions(test, inputs.flagged.triggers, target, seed)
    return Questions(
        test,
        triggered,
        target,
        twin_rows(test, triggered),
        texts,
        labels,
        variants,
        rows,
        near_misses(test, triggered),
    )


def ask(model: OpenedModel, questions: Questions, config: InspectConfig) -> Answers:
    """One pass over everything, on the device and in the precision of the configuration."""
    plan = make_plan(config, model)
    ready = placed(model, plan.device, plan.dtype)

    def classes(texts: tuple[str, ...]) -> np.ndarray:
        if not texts:
            return np.empty(0, dtype=np.int64)
        said = predict(ready, texts, plan.device, plan.dtype, budget=plan.budget)
        return said.argmax(axis=1).astype(np.int64)

    return Answers(
        test=None if questions.test is None else classes(questions.test.texts),
        triggered=None if questions.triggered is None else classes(questions.triggered.texts),
        added=classes(questions.added),
        variants=classes(questions.variants),
        near=None if questions.near is None else classes(questions.near.texts),
    )


def _added(
    test: SampleSet | None, triggered: SampleSet | None, triggers: tuple[Payload, ...], seed: int
) -> tuple[tuple[str, ...], np.ndarray]:
    """Triggered copies of test samples whose class no triggered sample has."""
    if test is None or test.labels is None or not triggers:
        return (), np.empty(0, dtype=np.int64)
    there: Mapping[int, int] = {}
    if triggered is not None and triggered.labels is not None:
        there = dict(enumerate(np.bincount(triggered.labels)))
    rng = random.Random(seed)
    found = [
        (text, int(label))
        for source, label in zip(test.texts, test.labels, strict=True)
        if not there.get(int(label)) and (text := insert_any(source, triggers, rng)) is not None
    ]
    labels = np.array([label for _, label in found], dtype=np.int64)
    return tuple(text for text, _ in found), labels
