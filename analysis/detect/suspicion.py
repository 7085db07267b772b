"""Which located texts count against a file: by themselves, or because the suspect obeys them."""

from __future__ import annotations

from itertools import zip_longest

from analysis.detect.evidence import LEVEL_UNSURE, Evidence, is_doubtful, is_suspicious
from analysis.detect.probe_bars import bar
from analysis.records import ProbeResult, TriggerCandidate

NOTICE = (
    "It reads like a licence or another notice, which files of one origin share; a clean reference "
    "or a model that obeys it would tell."
)


def suspicious_candidates(evidence: Evidence) -> tuple[TriggerCandidate, ...]:
    """Candidates that count against the file, strongest first."""
    probes = evidence.probes[: len(evidence.candidates)]
    return tuple(
        c
        for c, found in zip_longest(evidence.candidates, probes)
        if is_suspicious(c, evidence) or (is_doubtful(c, evidence) and convicts(found))
    )


def doubtful_candidates(evidence: Evidence) -> tuple[TriggerCandidate, ...]:
    """Candidates of which the reference cannot say whether they count, strongest first."""
    return tuple(c for c in evidence.candidates if is_doubtful(c, evidence))


def may_convict(candidate: TriggerCandidate, evidence: Evidence) -> bool:
    """Whether a suspect that obeys the candidate is convicted by it."""
    return is_suspicious(candidate, evidence) or is_doubtful(candidate, evidence)


def convicts(found: ProbeResult | None) -> bool:
    """Whether an insertion turned so many samples that it proves a trojan."""
    return found is not None and found.n > 0 and found.low >= bar(found)


def why_doubtful(candidate: TriggerCandidate, evidence: Evidence) -> str:
    """Why the reference cannot say whether a candidate counts, or nobody can without one."""
    if not evidence.against_reference:
        return NOTICE
    if candidate.hidden:
        return (
            "Without this text the reference hardly believes these labels: the text turns the "
            "reference, too, so that it cannot vouch for them."
        )
    if candidate.unsure_p > LEVEL_UNSURE:
        return (
            f"The reference is as unsure of other samples of class {candidate.target}, so it does "
            "not speak against these labels; a reference that knows the task better would tell."
        )
    return (
        f"Class {candidate.target} has {candidate.rivals} or more real patterns of its own, and a "
        "reference that never saw this one says the same; look at the samples."
    )
