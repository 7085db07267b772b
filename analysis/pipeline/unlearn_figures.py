"""Behaviour figures of the model before and after, and of the clean reference."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from analysis.behaviour.figures import behaviour_figures
from analysis.behaviour.intervals import Figure, difference, paired_difference, share
from analysis.behaviour.metrics import Clean, Triggered
from analysis.behaviour.placed import placed
from analysis.behaviour.predict import predict
from analysis.behaviour.survival import survives
from analysis.config import InspectConfig
from analysis.explain.payloads import Payload
from analysis.extract.plan import make_plan
from analysis.models.base import OpenedModel
from analysis.pipeline.unlearn_inputs import UnlearnInputs
from analysis.pipeline.unlearn_variants import variant_excess_of, variant_questions
from analysis.records import SampleSet
from analysis.unlearn.triggers import insert_any

ADDED = "the located trigger inserted into clean test samples of this class"


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
    """

    test: SampleSet | None
    triggered: SampleSet | None
    target: int
    twins: np.ndarray | None
    added: tuple[str, ...]
    added_labels: np.ndarray
    variants: tuple[str, ...] = ()
    variant_rows: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=np.int64))


@dataclass(frozen=True)
class Answers:
    """Predicted classes of one model."""

    test: np.ndarray | None
    triggered: np.ndarray | None
    added: np.ndarray
    variants: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=np.int64))


def make_questions(inputs: UnlearnInputs, target: int, seed: int) -> Questions:
    """The questions that the given files allow."""
    test, triggered = inputs.test, inputs.triggered
    if triggered is not None and triggered.labels is None:
        triggered = None
    if test is not None and test.labels is None:
        test = None
    texts, labels = _added(test, triggered, inputs.flagged.triggers, seed)
    variants, rows = variant_questions(test, inputs.flagged.triggers, target, seed)
    twins = _twin_rows(test, triggered)
    return Questions(test, triggered, target, twins, texts, labels, variants, rows)


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
    )


def figures(
    model: OpenedModel, questions: Questions, said: Answers, clean: Answers | None, first: Answers
) -> dict[str, Any]:
    """The "Behaviour figures" of the contract, with fidelity to the first model.

    Args:
        model: whose figures these are; says whether triggers lie inside its window.
        questions: what was asked.
        said: its answers.
        clean: the reference's answers, for the floor; None for the reference itself.
        first: the original model's answers.
    """
    hit = _triggered(questions, said, clean)
    plain = None
    if questions.test is not None and said.test is not None and questions.test.labels is not None:
        plain = Clean(said.test, questions.test.labels)
    found = behaviour_figures(plain, hit, _survival(model, questions))
    per_class = dict(found.get("triggered_accuracy") or {})
    for label in np.unique(questions.added_labels):
        rows = questions.added_labels == label
        per_class[str(int(label))] = share(said.added[rows] == label, ADDED).to_json()
    if per_class:
        found["triggered_accuracy"] = dict(sorted(per_class.items()))
    if said.test is not None and first.test is not None:
        found["fidelity"] = share(said.test == first.test).to_json()
    if len(questions.variants):
        found["variants_excess_asr"] = variant_excess(questions, said, clean).to_json()
    found["trigger_effect"] = trigger_effect(questions, said).to_json()
    return {**found, "target": questions.target}


def trigger_effect(questions: Questions, said: Answers) -> Figure:
    """Share of victims answered as target with the trigger minus without it, paired with twins.

    Excess ASR compares with another model and so holds the difference of both models' own errors;
    this compares a model with itself.
    """
    asked = questions.triggered
    if asked is None or asked.labels is None or said.triggered is None:
        return Figure(None, 0, note="no triggered samples were given")
    if questions.twins is None or said.test is None:
        return Figure(None, 0, note="no clean twins were given")
    victims = asked.labels != questions.target
    twins = said.test[questions.twins]
    hit, own = said.triggered == questions.target, twins == questions.target
    return paired_difference(hit[victims], own[victims], "against the same samples without it")


def variant_excess(questions: Questions, said: Answers, clean: Answers | None) -> Figure:
    """Excess ASR on victims with a changed form of the trigger, paired.

    Against the reference on the same texts; without one, against the model itself on the same
    victims without any trigger.
    """
    hit = said.variants == questions.target
    if clean is not None:
        return variant_excess_of(hit, clean.variants == questions.target, "the reference")
    if said.test is None:
        return Figure(None, 0, note="no test samples were given")
    own = said.test[questions.variant_rows] == questions.target
    return variant_excess_of(hit, own, "its own answers without it")


def accuracy_change(questions: Questions, before: Answers, after: Answers) -> Figure:
    """Clean accuracy after minus before on the same test samples, paired."""
    if questions.test is None or before.test is None or after.test is None:
        return Figure(None, 0, note="no test samples were given")
    labels = questions.test.labels
    return paired_difference(after.test == labels, before.test == labels)


def class_changes(questions: Questions, after: Answers, clean: Answers | None) -> dict[str, Figure]:
    """Triggered accuracy after minus natural, by true class.

    Natural is the reference on the same triggered samples; without one, the model itself on clean
    test samples of the class.
    """
    found = {}
    for label, said, other in _pairs(questions, after, clean):
        if clean is not None:
            found[label] = paired_difference(said, other)
        else:
            found[label] = difference(said, other, "against its own clean accuracy")
    return found


def _pairs(
    questions: Questions, after: Answers, clean: Answers | None
) -> list[tuple[str, np.ndarray, np.ndarray]]:
    groups: list[tuple[np.ndarray, np.ndarray, np.ndarray | None]] = []
    if questions.triggered is not None and after.triggered is not None:
        labels = questions.triggered.labels
        assert labels is not None, "make_questions leaves unlabelled triggered samples out"
        groups.append((labels, after.triggered, None if clean is None else clean.triggered))
    groups.append((questions.added_labels, after.added, None if clean is None else clean.added))
    found = []
    for labels, said, other in groups:
        for label in np.unique(labels):
            rows = labels == label
            natural = _own(questions, after, int(label)) if other is None else other[rows] == label
            found.append((str(int(label)), said[rows] == label, natural))
    return found


def _own(questions: Questions, after: Answers, label: int) -> np.ndarray:
    if questions.test is None or after.test is None:
        return np.empty(0, dtype=bool)
    rows = questions.test.labels == label
    found: np.ndarray = after.test[rows] == label
    return found


def _triggered(questions: Questions, said: Answers, clean: Answers | None) -> Triggered | None:
    asked = questions.triggered
    if asked is None or asked.labels is None or said.triggered is None:
        return None
    twins = None
    if questions.twins is not None and said.test is not None:
        twins = said.test[questions.twins]
    reference = None if clean is None else clean.triggered
    return Triggered(asked.labels, said.triggered, questions.target, twins, reference)


def _twin_rows(test: SampleSet | None, triggered: SampleSet | None) -> np.ndarray | None:
    if test is None or triggered is None:
        return None
    places = {sample_id: row for row, sample_id in enumerate(test.ids)}
    if any(sample_id not in places for sample_id in triggered.ids):
        return None
    return np.array([places[sample_id] for sample_id in triggered.ids], dtype=np.int64)


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


def _survival(model: OpenedModel, questions: Questions) -> np.ndarray | None:
    if questions.twins is None or questions.triggered is None or questions.test is None:
        return None
    clean = [questions.test.texts[row] for row in questions.twins]
    return survives(model, questions.triggered.texts, clean)
