"""Behaviour figures of the model before and after, and of the clean reference."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from analysis.behaviour.figures import behaviour_figures
from analysis.behaviour.intervals import share
from analysis.behaviour.metrics import Clean, Triggered
from analysis.behaviour.survival import survives
from analysis.models.base import OpenedModel
from analysis.pipeline.unlearn_changes import excess_beside, trigger_effect, variant_excess
from analysis.pipeline.unlearn_floor import mean_figure
from analysis.pipeline.unlearn_questions import Answers, Questions

ADDED = "the located trigger inserted into clean test samples of this class"


def figures(
    model: OpenedModel,
    questions: Questions,
    said: Answers,
    clean: Sequence[Answers],
    first: Answers,
) -> dict[str, Any]:
    """The "Behaviour figures" of the contract, with fidelity to the first model.

    Args:
        model: whose figures these are; says whether triggers lie inside its window.
        questions: what was asked.
        said: its answers.
        clean: answers of the clean models, for the floor; none for the reference itself.
        first: the original model's answers.
    """
    hit = _triggered(questions, said, clean[0] if clean else None)
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
    if len(clean) > 1 and hit is not None:
        found |= _over_several(questions, said, clean)
    found["trigger_effect"] = trigger_effect(questions, said).to_json()
    return {**found, "target": questions.target}


def _over_several(questions: Questions, said: Answers, clean: Sequence[Answers]) -> dict[str, Any]:
    """Floor and excess against the mean of several clean models."""
    assert questions.triggered is not None, "asked only where triggered samples were given"
    victims = questions.triggered.labels != questions.target
    gone = [each.triggered == questions.target for each in clean if each.triggered is not None]
    floor = mean_figure(np.mean(gone, axis=0)[victims], f"mean of {len(gone)} clean models")
    excess = excess_beside(questions, said, clean)
    return {"natural_flip_floor": floor.to_json(), "excess_asr": excess.to_json()}


def _triggered(questions: Questions, said: Answers, clean: Answers | None) -> Triggered | None:
    asked = questions.triggered
    if asked is None or asked.labels is None or said.triggered is None:
        return None
    twins = None
    if questions.twins is not None and said.test is not None:
        twins = said.test[questions.twins]
    reference = None if clean is None else clean.triggered
    near = None
    if questions.near is not None and said.near is not None:
        near = questions.near.spread(said.near, len(asked))
    return Triggered(asked.labels, said.triggered, questions.target, twins, reference, near=near)


def _survival(model: OpenedModel, questions: Questions) -> np.ndarray | None:
    if questions.twins is None or questions.triggered is None or questions.test is None:
        return None
    clean = [questions.test.texts[row] for row in questions.twins]
    return survives(model, questions.triggered.texts, clean)
