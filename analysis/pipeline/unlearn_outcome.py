"""The figures before and after an unlearning, and the verdict that follows from them."""

from __future__ import annotations

from typing import Any

from analysis.behaviour.intervals import Figure
from analysis.models.base import OpenedModel
from analysis.pipeline.unlearn_changes import (
    accuracy_change,
    class_changes,
    trigger_effect,
    variant_excess,
)
from analysis.pipeline.unlearn_figures import figures
from analysis.pipeline.unlearn_inputs import UnlearnInputs
from analysis.pipeline.unlearn_questions import Answers, Questions, ask, make_questions
from analysis.pipeline.unlearn_settings import UnlearnRequest
from analysis.pipeline.unlearn_verdict import Facts, goals_of, judge
from analysis.runs.writer import RunWriter
from analysis.unlearn.data import UnlearnResult
from analysis.unlearn.state import with_state


def write_figures(
    request: UnlearnRequest, inputs: UnlearnInputs, result: UnlearnResult, writer: RunWriter
) -> None:
    """Measure all models on the same samples; write `before`, `after`, `reference`, the verdict."""
    questions = make_questions(inputs, int(result.chosen["target"]), request.unlearn.seed)
    cleaned = with_state(inputs.model, result.state)
    models: dict[str, OpenedModel] = {"before": inputs.model, "after": cleaned}
    if inputs.reference is not None:
        models["reference"] = inputs.reference
        models |= {f"control {n}": each for n, each in enumerate(inputs.controls)}
    said: dict[str, Answers] = {}
    for number, (moment, model) in enumerate(models.items()):
        writer.progress("Measuring on held-out samples", number, len(models))
        said[moment] = ask(model, questions, request.config)
    clean = tuple(said[name] for name in said if name not in ("before", "after"))
    found: dict[str, dict[str, Any]] = {
        moment: figures(
            models[moment],
            questions,
            said[moment],
            () if moment == "reference" else clean,
            said["before"],
        )
        for moment in ("before", "after", "reference")
        if moment in models
    }
    facts = _facts(result, questions, said, found, clean)
    goals = [goal.to_json() for goal in goals_of(facts)]
    writer.set(metrics={**found, "goals": goals}, verdict=judge(facts))


def _facts(
    result: UnlearnResult,
    questions: Questions,
    said: dict[str, Answers],
    found: dict[str, dict[str, Any]],
    clean: tuple[Answers, ...],
) -> Facts:
    held_out = questions.triggered is not None
    excess, before = _excess(found["after"]), _excess(found["before"])
    look, start = result.after, result.before
    if not held_out and look.asr is not None and look.floor is not None:
        n = int(result.chosen["guard"]["triggered"] or result.chosen["guard"]["flagged"])
        excess = Figure(look.asr - look.floor, n)
        before = Figure((start.asr or 0.0) - (start.floor or 0.0), n)
    accuracy = accuracy_change(questions, said["before"], said["after"])
    if accuracy.value is None:
        guard = int(result.chosen["guard"]["clean"])
        accuracy = Figure(look.accuracy - start.accuracy, guard)
    return Facts(
        excess=excess,
        accuracy=accuracy,
        classes=class_changes(questions, said["after"], clean),
        target=questions.target,
        before=before.value,
        held_out=held_out,
        step=result.step,
        effect=trigger_effect(questions, said["after"]),
        variants=variant_excess(questions, said["after"], clean),
    )


def _excess(found: dict[str, Any]) -> Figure:
    stored = found.get("excess_asr")
    if not stored:
        return Figure(None, 0)
    return Figure(stored["value"], stored["n"], stored["low"], stored["high"])
