"""Behaviour figures of every model, and the check that its head and labels fit at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from analysis.behaviour.figures import behaviour_figures
from analysis.behaviour.metrics import (
    Clean,
    Triggered,
    other_task_warning,
    wrong_head_warning,
)
from analysis.behaviour.near_miss import near_misses
from analysis.behaviour.survival import survives
from analysis.behaviour.twins import twin_rows
from analysis.models.base import OpenedModel
from analysis.pipeline.probing import predictor
from analysis.pipeline.state import Inspection
from analysis.records import SampleSet

Predicted = Mapping[str, np.ndarray]  # role -> (n,) int64


def heads_step(work: Inspection) -> None:
    """Notice a wrong head, wrong labels or wrong preprocessing before anything builds on it."""
    if not work.read.predictions:
        reason = "no checkpoint has a classification head: samples are grouped by label"
        work.writer.skip_step("check heads", reason)
        return
    with work.writer.step("check heads"):
        for role, said in work.read.predictions.items():
            labels = work.inputs.samples.labels
            warning = wrong_head_warning(said.predicted, labels, said.probabilities.shape[1])
            if warning is None and role == "reference":
                warning = other_task_warning(said.predicted, labels)
            if warning is not None:
                work.head_warnings[role] = warning
                work.writer.warn(f"{role}: {warning}")


def behaviour_step(work: Inspection) -> None:
    """Accuracy, attack success, floor and excess of both models, where the files allow them."""
    test, triggered = work.inputs.test, work.inputs.triggered
    if not work.read.predictions or (test is None and triggered is None):
        missing = "no --test or --triggered samples" if work.read.predictions else "no predictions"
        work.writer.skip_step("behaviour", missing)
        return
    with work.writer.step("behaviour", optional=True):
        on_test = _predict(work, test, "the held-out samples")
        on_triggered = _predict(work, triggered, "the triggered samples")
        near = _near(work)
        target = _target(triggered, on_triggered.get("suspect"))
        for role in work.read.predictions:
            clean = _clean(test, on_test.get(role))
            hit = _triggered(work, role, on_test, on_triggered, target)
            if hit is not None:
                hit = replace(hit, near=near.get(role))
            survived = _survival(work.inputs.models[role], test, triggered)
            figures: dict[str, Any] = behaviour_figures(clean, hit, survived)
            work.writer.set(metrics={role: {**figures, "target": target}})


def _predict(work: Inspection, samples: SampleSet | None, what: str) -> Predicted:
    if samples is None:
        return {}
    work.writer.progress(f"Predicting {what}")
    return {
        role: predictor(work, role)(samples.texts).argmax(axis=1) for role in work.read.predictions
    }


def _near(work: Inspection) -> Predicted:
    """Predictions with half of each trigger."""
    triggered, made = work.inputs.triggered, near_misses(work.inputs.test, work.inputs.triggered)
    if made is None or triggered is None:
        return {}
    work.writer.progress("Predicting samples with half the trigger")
    asked = work.read.predictions
    said = {role: predictor(work, role)(made.texts).argmax(axis=1) for role in asked}
    return {role: made.spread(found, len(triggered)) for role, found in said.items()}


def _target(triggered: SampleSet | None, predicted: np.ndarray | None) -> int | None:
    """The class the trigger pulls to: the suspect's commonest answer off the commonest label."""
    if triggered is None or triggered.labels is None or predicted is None:
        return None
    victim = int(np.bincount(triggered.labels).argmax())
    counts = np.bincount(predicted, minlength=2)
    counts[victim] = -1
    return int(counts.argmax())


def _clean(test: SampleSet | None, predicted: np.ndarray | None) -> Clean | None:
    if test is None or test.labels is None or predicted is None:
        return None
    return Clean(predicted, test.labels)


def _triggered(
    work: Inspection, role: str, on_test: Predicted, hits: Predicted, target: int | None
) -> Triggered | None:
    triggered = work.inputs.triggered
    if triggered is None or triggered.labels is None or target is None or role not in hits:
        return None
    reference = work.usable_reference is not None and role != "reference"
    return Triggered(
        labels=triggered.labels,
        predicted=hits[role],
        target=target,
        twins=_twins(work.inputs.test, triggered, on_test.get(role)),
        reference=hits.get("reference") if reference else None,
    )


def _twins(
    test: SampleSet | None, triggered: SampleSet, predicted: np.ndarray | None
) -> np.ndarray | None:
    rows = twin_rows(test, triggered)
    return None if rows is None or predicted is None else predicted[rows]


def _survival(
    model: OpenedModel, test: SampleSet | None, triggered: SampleSet | None
) -> np.ndarray | None:
    """Whether each trigger lies inside the model's window, known from the clean twins."""
    rows = twin_rows(test, triggered)
    if rows is None or test is None or triggered is None:
        return None
    return survives(model, triggered.texts, [test.texts[row] for row in rows])
