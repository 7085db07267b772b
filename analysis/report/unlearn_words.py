"""A removal in words: what changed, what did not, and that nobody has audited it yet.

"Cleaned" alone is never said: until an audit of the very same weights exists, it is "cleaned, not
audited", on every screen and in every report.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from analysis.report.behaviour_words import Figure
from analysis.report.text.spoken import say, term, told
from analysis.report.words import interval, rate

FEW_POINTS = 0.03  # what triggered accuracy of a class may lie below the clean model's


class ClassLine(NamedTuple):
    """Triggered accuracy of one true class."""

    label: str
    before: float | None
    after: float | None
    reference: float | None

    @property
    def fallen(self) -> bool:
        """Whether the removal answers this class clearly worse than a clean model does."""
        if self.after is None or self.reference is None:
            return False
        return self.after < self.reference - FEW_POINTS


def public_answer(answer: str, audit: str = "") -> str:
    """The answer that a screen may show: a removal's own one joined with its audit's.

    Args:
        answer: cleaned, inverted, not_cleaned or declined.
        audit: answer of the newest audit of the same weights; "" without one.

    Returns:
        A key of `words.ANSWER_WORDS`.
    """
    return f"cleaned_{audit}" if answer == "cleaned" and audit else answer


def figure(metrics: Mapping[str, Any], moment: str, name: str) -> Figure:
    """One behaviour figure of `before`, `after` or `reference`; all None where not measured."""
    found = (metrics.get(moment) or {}).get(name) or {}
    return Figure(*(found.get(key) for key in ("value", "low", "high", "n")))


def unlearn_sentence(
    answer: str, metrics: Mapping[str, Any], audit: str = "", reasons: tuple[str, ...] = ()
) -> str:
    """The first sentence of a removal.

    Args:
        answer: of the run's verdict; "" while there is none.
        metrics: of its record.
        audit: answer of the newest audit of the same weights.
        reasons: of the verdict; the first one says why a removal declined.
    """
    if answer == "declined":
        return say(
            "Nothing was changed: {reason}",
            reason=_lower(told(reasons[0])) if reasons else say("see the reasons"),
        )
    if not answer:
        return say("This removal has no result.")
    change = _change(metrics)
    if answer == "inverted":
        return say(
            "The trigger was not removed but inverted: it now pulls away from its target. {change}",
            change=change,
        )
    if answer == "not_cleaned":
        return f"{_not_cleaned(metrics)} {change}"
    return f"{change} {say(_STATES.get(audit, _STATES['']))}"


def _not_cleaned(metrics: Mapping[str, Any]) -> str:
    """Whether the trojan stayed, or the removal cost more than it may."""
    missed = [g for g in metrics.get("goals") or () if g.get("state") == "missed"]
    if not missed or any(g.get("name") in ("excess", "variants") for g in missed):
        return say("The trojan is still there.")
    names = "; ".join(told(str(goal["title"])) for goal in missed)
    return say("Not a clean removal, it misses its goals: {names}.", names=names)


_STATES = {
    "": term("Cleaned, not audited."),
    "removed": term("Cleaned; the audit could not bring it back within its budget."),
    "hidden": term("The audit brought the trojan back: it was hidden, not removed."),
    "present": term("The audit found the trojan still present."),
    "unclear": term("Cleaned; the audit is unclear."),
}


def _change(metrics: Mapping[str, Any]) -> str:
    before, after = (figure(metrics, moment, "excess_asr") for moment in ("before", "after"))
    parts = []
    if after.value is not None:
        parts.append(
            say(
                "excess ASR {before} → {after}",
                before=rate(before.value),
                after=_with_range(after),
            )
        )
    before, after = (figure(metrics, moment, "clean_accuracy") for moment in ("before", "after"))
    if after.value is not None:
        parts.append(
            say(
                "accuracy {before} → {after}",
                before=rate(before.value),
                after=rate(after.value),
            )
        )
    if not parts:
        return say("Not measured on held-out samples: no test set was given.")
    words = say(", ").join(parts)
    return say("{words}.", words=f"{words[0].upper()}{words[1:]}")


def _with_range(found: Figure) -> str:
    return interval(found.value, found.low, found.high, None)


def class_lines(metrics: Mapping[str, Any]) -> tuple[ClassLine, ...]:
    """Triggered accuracy of each true class: before, after, and of the clean model."""
    per = {
        moment: (metrics.get(moment) or {}).get("triggered_accuracy") or {}
        for moment in ("before", "after", "reference")
    }
    labels = sorted(set().union(*per.values()))

    def value(moment: str, label: str) -> float | None:
        found: float | None = (per[moment].get(label) or {}).get("value")
        return found

    return tuple(
        ClassLine(label, *(value(moment, label) for moment in ("before", "after", "reference")))
        for label in labels
    )


def class_words(lines: tuple[ClassLine, ...]) -> str:
    """Triggered accuracy by true class with the clean model's beside it; "" without any."""
    parts = [
        say(
            "class {label}: {after} (clean model {reference})",
            label=line.label,
            after=rate(line.after),
            reference=rate(line.reference),
        )
        for line in lines
        if line.after is not None
    ]
    return say("Triggered accuracy: {parts}.", parts=say(", ").join(parts)) if parts else ""


def inversion_words(answer: str, lines: tuple[ClassLine, ...]) -> str:
    """Whether the trigger was turned round, as far as the triggered samples can tell."""
    fallen = [line.label for line in lines if line.fallen]
    if answer == "inverted":
        return say("Inverted: the trigger now pulls away from its target.")
    if fallen:
        classes = say(", ").join(fallen)
        return say(
            "Triggered samples of class {classes} are answered worse than by a clean model.",
            classes=classes,
        )
    if not any(line.after is not None for line in lines):
        return say("Inversion was not tested: no triggered samples.")
    if len(lines) == 1:
        return say(
            "Not inverted as far as class {label} shows; no triggered samples of other "
            "classes were given.",
            label=lines[0].label,
        )
    return say("Not inverted.")


def _lower(text: str) -> str:
    return f"{text[:1].lower()}{text[1:]}"
