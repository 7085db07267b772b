"""Does a data file hold poison? The answer of a scan, without any model."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analysis.detect.boilerplate import is_boilerplate
from analysis.detect.evidence import FEWEST_SAMPLES, Evidence
from analysis.detect.reasons import describe, overlooked, taken_for_real, too_few
from analysis.detect.suspicion import NOTICE
from analysis.explain.association import Association
from analysis.explain.items import min_support
from analysis.explain.located import Located
from analysis.explain.naturalness import Strange
from analysis.records import Finding

NOT_TESTED = "not_tested"


def answer(
    labels: np.ndarray | None, n: int, association: Association | None, found: Sequence[Located]
) -> Finding:
    """Found, not found or inconclusive, with reasons; pure.

    Args:
        labels: (n,) int of the file, None without.
        n: samples.
        association: of the labels.
        found: from `locate`.
    """
    evidence = _evidence(n, labels, association)
    suspicious = [f for f in found if f.suspicious]
    if suspicious:
        sure = 0.95 if any(f.strange for f in suspicious) else 0.8
        return Finding("found", sure, tuple(_tell(f, evidence) for f in suspicious[:3]))
    doubtful = [f for f in found if f.doubtful]
    if doubtful:
        notice = is_boilerplate(doubtful[0].candidate)
        why = (
            NOTICE
            if notice
            else (
                "A real pattern of the task or boilerplate can leave the same mark; look at the "
                "samples, or inspect a model with a clean reference."
            )
        )
        return _unclear(*(_tell(f, evidence) for f in doubtful[:3]), why)
    if labels is None:
        return _unclear(
            f"The file has no labels, so relabelled samples cannot be told. No line looks put in "
            f"(n = {n})."
        )
    if len(np.unique(labels)) < 2:
        return _unclear(f"All {n} samples have the label {int(labels[0])}: nothing to compare.")
    if evidence.independent < FEWEST_SAMPLES:
        return _unclear(too_few(evidence))
    if evidence.may_overlook:
        return _unclear(overlooked(evidence))
    reason = (
        "No line, name or phrase goes along with a label as purely as a trigger does, and none "
        f"looks put in (n = {n}; strongest z {evidence.next_z:.1f}, by chance "
        f"{evidence.null_z:.1f})."
    )
    real = [taken_for_real(f.candidate, evidence) for f in found[:2]]
    return Finding("not_found", 0.6, (reason, *real))


def blind_spots(labels: np.ndarray | None, n: int) -> tuple[str, ...]:
    """What a scan of this file could not see."""
    spots = ["Whether a model took the trojan: a data file alone does not say."]
    if labels is None:
        spots.append(
            "Without labels: renamed variables, constants and relabelled samples. Name the column "
            "with --label-column if there is one."
        )
    else:
        spots.append(
            "A short trigger towards a class that has real features of its own: both look alike."
        )
    spots += [
        f"Triggers in fewer than {min_support(n)} of these samples.",
        "Triggers of style without fixed text, and text that differs in every sample.",
    ]
    return tuple(spots)


def _evidence(n: int, labels: np.ndarray | None, association: Association | None) -> Evidence:
    return Evidence(
        n=n,
        reference_kind=None,
        has_labels=labels is not None,
        has_predictions=False,
        mode=None if association is None else association.mode,
        next_z=0.0 if association is None else association.next_z,
        null_z=0.0 if association is None else association.null_z,
        fewest_shown=0.0 if association is None else association.fewest_shown,
        distinct=None if association is None else association.distinct,
    )


def _tell(found: Located, evidence: Evidence) -> str:
    candidate, parts = found.candidate, []
    if candidate.purity == candidate.purity:  # not NaN: there are labels
        parts.append(describe(candidate, evidence).split("; no clean reference")[0] + ".")
    if found.strange is not None:
        what = "It" if parts else f"The text '{' '.join(candidate.text.split())[:80]}'"
        parts.append(f"{what} looks put in: {_how(found.strange)}")
    elif candidate.rivals == 0:
        parts.append(f"Nothing else names class {candidate.target} like that.")
    return " ".join(parts)


def _how(strange: Strange) -> str:
    bits = f"the rest of the file makes it improbable ({strange.bits:.0f} bits)."
    n = len(strange.found.rows)
    if strange.added:
        return f"{n} samples hold it, and of {strange.added} texts other copies lack it; {bits}"
    return (
        f"{n} samples hold it that have nothing else in common (similarity "
        f"{strange.related:.2f} times the usual), and {bits}"
    )


def _unclear(*reasons: str) -> Finding:
    return Finding("inconclusive", 0.0, reasons)
