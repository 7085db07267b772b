"""Does the file hold poison? The first half of a verdict."""

from __future__ import annotations

from analysis.detect.evidence import FEWEST_SAMPLES, PURE_DOUBT, Evidence
from analysis.detect.reasons import (
    describe,
    nothing_against,
    overlooked,
    taken_for_real,
    too_few,
)
from analysis.detect.suspicion import doubtful_candidates, suspicious_candidates, why_doubtful
from analysis.records import Finding

OBEYS = (
    "The reference obeys a published trigger itself, so it may carry a trojan and clears nothing; "
    "give another reference, or leave --reference out."
)


def decide_data(evidence: Evidence, model: Finding) -> Finding:
    """Does this file hold poisoned samples?"""
    if evidence.mode is None:
        return unclear("The file has no labels and there are no predictions to test text against.")
    suspicious = suspicious_candidates(evidence)
    described = tuple(describe(c, evidence) for c in suspicious[:3])
    if suspicious and (evidence.mode.startswith("label") or model.answer == "found"):
        return Finding("found", 0.95 if evidence.has_clean_reference else 0.7, described)
    if suspicious:
        return unclear(
            *described, "The file has no labels, and inserting this text proved nothing."
        )
    return _doubted(evidence) or _cleared(evidence)


def unclear(*reasons: str) -> Finding:
    """Inconclusive, with its reasons."""
    return Finding("inconclusive", 0.0, tuple(r for r in reasons if r))


def _doubted(evidence: Evidence) -> Finding | None:
    """What keeps a file without a suspicious text from being cleared; None where nothing does."""
    if evidence.reference_trigger is not None:
        return unclear(OBEYS)
    doubtful = doubtful_candidates(evidence)
    if doubtful:
        return unclear(describe(doubtful[0], evidence), why_doubtful(doubtful[0], evidence))
    lone = [c for c in evidence.candidates if not c.rivals and c.purity >= PURE_DOUBT]
    if lone and not evidence.against_reference:
        return unclear(
            describe(lone[0], evidence),
            "A real pattern of the task can leave the same mark; a clean model of the same task as "
            "reference could tell them apart.",
        )
    if not (evidence.mode or "").startswith("label"):
        return unclear("The file has no labels, so relabelled samples cannot be told.")
    if evidence.classes < 2:
        return unclear(f"All {evidence.n} samples have the same label: nothing to compare.")
    if evidence.independent < FEWEST_SAMPLES:
        return unclear(too_few(evidence))
    if evidence.may_overlook:
        return unclear(overlooked(evidence))
    return None


def _cleared(evidence: Evidence) -> Finding:
    reason = (
        nothing_against(evidence)
        if evidence.has_clean_reference
        else f"No line, name or phrase goes along with a label as purely as a trigger does "
        f"(n = {evidence.n}; strongest z {evidence.next_z:.1f}, by chance {evidence.null_z:.1f})."
    )
    return Finding(
        "not_found",
        0.9 if evidence.has_clean_reference else 0.6,
        (reason, *(taken_for_real(c, evidence) for c in evidence.candidates[:2])),
    )
