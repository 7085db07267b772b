"""What a removal changed: differences between answers to the same questions, with intervals."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analysis.behaviour.intervals import Figure, difference, paired_difference
from analysis.pipeline.unlearn_floor import beside
from analysis.pipeline.unlearn_questions import Answers, Questions

Clean = Sequence[Answers]  # of the clean models, the reference first; may be empty


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


def excess_beside(questions: Questions, said: Answers, clean: Clean) -> Figure:
    """Excess ASR over the mean of several clean models on the same victims, paired."""
    asked = questions.triggered
    hit = _goes(said.triggered, questions.target)
    others = [_goes(each.triggered, questions.target) for each in clean]
    if asked is None or asked.labels is None or hit is None:
        return Figure(None, 0, note="no triggered samples were given")
    victims = asked.labels != questions.target
    floors = [other[victims] for other in others if other is not None]
    return beside(hit[victims], floors, f"against the mean of {len(floors)} clean models")


def variant_excess(questions: Questions, said: Answers, clean: Clean) -> Figure:
    """Excess ASR on victims with a changed form of the trigger, paired.

    Against the clean models on the same texts; without any, against the model itself on the same
    victims without a trigger.
    """
    if not len(questions.variants):
        return Figure(None, 0, note="no trigger was located whose form could be changed")
    hit = said.variants == questions.target
    if clean:
        floors = [each.variants == questions.target for each in clean]
        return beside(hit, floors, "changed forms of the trigger, against the reference")
    if said.test is None:
        return Figure(None, 0, note="no test samples were given")
    own = said.test[questions.variant_rows] == questions.target
    note = "changed forms of the trigger, against its own answers without it"
    return paired_difference(hit, own, note)


def accuracy_change(questions: Questions, before: Answers, after: Answers) -> Figure:
    """Clean accuracy after minus before on the same test samples, paired."""
    if questions.test is None or before.test is None or after.test is None:
        return Figure(None, 0, note="no test samples were given")
    labels = questions.test.labels
    return paired_difference(after.test == labels, before.test == labels)


def class_changes(questions: Questions, after: Answers, clean: Clean) -> dict[str, Figure]:
    """Triggered accuracy after minus natural, by true class.

    Natural are the clean models on the same triggered samples; without any, the model itself on
    clean test samples of the class.
    """
    found = {}
    for labels, said, others in _groups(questions, after, clean):
        for label in np.unique(labels):
            rows, name = labels == label, str(int(label))
            right = said[rows] == label
            if others:
                found[name] = beside(right, [other[rows] == label for other in others])
            else:
                natural = _own(questions, after, int(label))
                found[name] = difference(right, natural, "against its own clean accuracy")
    return found


def _groups(
    questions: Questions, after: Answers, clean: Clean
) -> list[tuple[np.ndarray, np.ndarray, list[np.ndarray]]]:
    """True labels, answers, and the clean models' answers, of given and of added samples."""
    groups = [(questions.added_labels, after.added, [each.added for each in clean])]
    if questions.triggered is not None and after.triggered is not None:
        labels = questions.triggered.labels
        assert labels is not None, "make_questions leaves unlabelled triggered samples out"
        others = [each.triggered for each in clean if each.triggered is not None]
        groups.append((labels, after.triggered, others))
    return groups


def _goes(answers: np.ndarray | None, target: int) -> np.ndarray | None:
    return None if answers is None else answers == target


def _own(questions: Questions, after: Answers, label: int) -> np.ndarray:
    if questions.test is None or after.test is None:
        return np.empty(0, dtype=bool)
    rows = questions.test.labels == label
    found: np.ndarray = after.test[rows] == label
    return found
