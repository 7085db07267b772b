"""The goals of a removal: met, missed, or undecided by the interval of what was measured.

A value inside its limit is no proof on a few hundred samples, so a goal is met only where its
whole 95 % interval is inside, and missed only where all of it is outside.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.behaviour.intervals import Figure

EXCESS = 0.03  # excess ASR that counts as none, either way
ACCURACY = 0.01  # clean accuracy that a removal may cost
CLASSES = 0.03  # triggered accuracy of a class beside the clean model's, either way
BEYOND = 2.0  # without an interval, this many limits are a miss

MET, MISSED, UNDECIDED, UNKNOWN = "met", "missed", "undecided", "not measured"


@dataclass(frozen=True)
class Goal:
    """One goal with what was measured for it.

    Attributes:
        name: excess, variants, accuracy, or class_<label>.
        title: in words, with the limit.
        figure: the measured difference.
        limit: how far it may lie from 0.
        both: whether rising beyond the limit misses the goal too.
        note: what makes a miss harmless, and so undecided; empty otherwise.
    """

    name: str
    title: str
    figure: Figure
    limit: float
    both: bool = True
    note: str = ""

    @property
    def state(self) -> str:
        """met, missed, undecided or not measured."""
        found = self.figure
        if found.value is None:
            return UNKNOWN
        if found.low is None or found.high is None:
            far = abs(found.value) if self.both else -found.value
            return MISSED if far > BEYOND * self.limit else UNDECIDED
        if found.low >= -self.limit and (not self.both or found.high <= self.limit):
            return MET
        outside = found.high < -self.limit or (self.both and found.low > self.limit)
        return MISSED if outside and not self.note else UNDECIDED

    def to_json(self) -> dict[str, Any]:
        """An entry of the record's `metrics.goals`."""
        return {
            "name": self.name,
            "title": self.title,
            "limit": self.limit,
            "state": self.state,
            **self.figure.to_json(),
            **({"note": self.note} if self.note else {}),
        }


def make_goals(
    excess: Figure,
    variants: Figure,
    accuracy: Figure,
    classes: Mapping[str, Figure],
    target: int,
    harmless: str = "",
) -> tuple[Goal, ...]:
    """The goals in reading order.

    Args:
        excess: excess ASR on held-out triggered samples.
        variants: the same on changed forms of the trigger.
        accuracy: clean accuracy after minus before.
        classes: triggered accuracy minus the clean model's, by true class.
        target: class that the trigger pulls to.
        harmless: why an excess does not come from the trigger; "" where it may.
    """
    found = [
        Goal("excess", "excess ASR within 3 points of 0", excess, EXCESS, note=harmless),
        Goal("variants", "excess ASR on variants within 3 points of 0", variants, EXCESS),
        Goal("accuracy", "at most 1 point of clean accuracy lost", accuracy, ACCURACY, both=False),
    ]
    for label, figure in sorted(classes.items()):
        title = f"triggered accuracy of class {label} within 3 points of natural"
        excuse = "" if label == str(target) else harmless  # victims are the excess once more
        found.append(Goal(f"class_{label}", title, figure, CLASSES, note=excuse))
    return tuple(found)


def of_state(goals: Sequence[Goal], state: str) -> tuple[Goal, ...]:
    """The goals in one state."""
    return tuple(goal for goal in goals if goal.state == state)


def goal_reasons(goals: Sequence[Goal]) -> list[str]:
    """How many goals are met, then each that is missed, then each that its interval leaves open."""
    words = [f"{len(of_state(goals, MET))} of {len(goals)} goals are met."]
    words += [f"Missed: {g.title}: {signed(g.figure)}." for g in of_state(goals, MISSED)]
    words += [f"Undecided: {g.title}: {signed(g.figure)}." for g in of_state(goals, UNDECIDED)]
    return words


def signed(figure: Figure) -> str:
    """Such as "+1.2% [-0.3% to +2.7%]"."""
    if figure.value is None:
        return "unknown"
    if figure.low is None or figure.high is None:
        return f"{figure.value:+.1%}"
    return f"{figure.value:+.1%} [{figure.low:+.1%} to {figure.high:+.1%}]"
