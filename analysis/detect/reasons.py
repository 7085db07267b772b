"""Reasons of a verdict in plain words, each with its numbers."""

from __future__ import annotations

import math

from analysis.detect.evidence import (
    FEWEST_SAMPLES,
    LEVEL_DOUBT,
    MOST_BELIEVED,
    PURE_DOUBT,
    Evidence,
)
from analysis.records import ProbeResult, TriggerCandidate

_KINDS = {
    "line": "The line",
    "masked_line": "The pattern",
    "identifier": "The name",
    "suffix": "A name that ends in",
    "condition": "A condition on constants alone, such as",
}
_FLOORS = {
    "reference": "the clean reference",
    "placebo": "a neutral insertion",
    "names": "names of other samples",
}


def tell(probe: ProbeResult) -> str:
    """What an insertion did, against its floor."""
    floor = _FLOORS.get(probe.floor_source, _FLOORS["placebo"])
    verbs = {"identifier": "Renaming a variable to", "identifier_suffix": "Extending a name by"}
    verb = verbs.get(probe.kind, "Inserting")
    return (
        f"{verb} {_quote(probe.candidate)} turns {probe.flips} of {probe.n} samples to class "
        f"{probe.target}, {floor} {probe.floor_flips} (excess {probe.excess:+.2f}, 95 % interval "
        f"{probe.low:+.2f} to {probe.high:+.2f})."
    )


def describe(candidate: TriggerCandidate, evidence: Evidence) -> str:
    """What goes along with a class, how purely and against what."""
    kind = _KINDS.get(candidate.kind, "The phrase")
    what = "label" if (evidence.mode or "").startswith("label") else "the suspect's answer"
    text = (
        f"{kind} {_quote(candidate.text)} stands in {candidate.support} of {evidence.n} samples; "
        f"{what} is {candidate.target} in {candidate.purity:.0%} of them "
        f"(z {candidate.z:.1f}, adjusted p {candidate.p_adjusted:.2g})"
    )
    if evidence.against_reference:
        return text + f", {candidate.excess:+.0%} against what the clean reference predicts."
    return text + "; no clean reference of the task vouches for or against it."


def taken_for_real(candidate: TriggerCandidate, evidence: Evidence) -> str:
    """Why a candidate does not count against the file."""
    why = f"class {candidate.target} has {candidate.rivals} or more of them"
    if candidate.p_adjusted > LEVEL_DOUBT and not candidate.rivals:
        return f"{describe(candidate, evidence)} Chance alone could do that."
    if candidate.believed >= MOST_BELIEVED:
        why = "without it the reference gives its samples this class"
    elif not candidate.rivals and candidate.purity >= PURE_DOUBT:
        why = "its samples have more in common than this text"
    elif not candidate.rivals:
        why = "a trigger's label is the same nearly always"
    return f"{describe(candidate, evidence)} It is taken for a real pattern of the task: {why}."


def nothing_against(evidence: Evidence) -> str:
    """Nothing was found against a reference, and how much would have been."""
    what = (
        "No line, name or phrase goes along with a label that the clean reference would not give "
        "its samples as well"
    )
    shown = math.ceil(evidence.fewest_shown)
    if not shown:
        return f"{what} (n = {evidence.n})."
    return f"{what} (n = {evidence.n}; about {shown} relabelled samples that share one would show)."


def too_few(evidence: Evidence) -> str:
    """Fewer samples than an answer needs, copies counted once."""
    few, needed = evidence.independent, FEWEST_SAMPLES
    if few == evidence.n:
        return f"{few} samples are too few, {needed} are needed."
    return f"Only {few} of {evidence.n} samples differ, the rest are copies; {needed} are needed."


def overlooked(evidence: Evidence) -> str:
    """Why a weak reference, or labels of nearly one class, clear no file."""
    shown = math.ceil(min(evidence.fewest_shown, evidence.n))
    if not evidence.against_reference:
        return (
            f"Nothing stands out, but one class holds so many of the {evidence.n} samples that a "
            f"text towards it could stand in up to {shown} of them by chance; a clean reference "
            "would tell."
        )
    return (
        f"Nothing stands out, but the reference tells the classes apart so weakly that up to "
        f"{shown} relabelled samples of {evidence.n} could go unseen; a reference that knows the "
        "task better would tell."
    )


def _quote(text: str) -> str:
    flat = " ".join(text.split())
    return f"'{flat if len(flat) <= 80 else flat[:77] + '...'}'"
