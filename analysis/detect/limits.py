"""What an inspection could not see, in plain words: part of every verdict."""

from __future__ import annotations

from analysis.detect.evidence import Evidence


def not_tested(evidence: Evidence) -> tuple[str, ...]:
    """Blind spots of this inspection's mode, always at least one."""
    limits = ["Triggers that neither stand in these samples nor in the bank of published triggers."]
    if not evidence.has_predictions:
        limits.append(
            "Behaviour: the suspect's checkpoint has no head, so it gives no predictions."
        )
    if evidence.suspect_head_warning:
        limits.append("Whether head, labels and preprocessing fit: see the warning.")
    if evidence.reference_kind is None:
        limits.append(
            "Without a clean reference, a trigger towards a class that has real features of its "
            "own cannot be told from them."
        )
    elif evidence.reference_kind == "base":
        limits.append(
            "A pretrained base drifts everywhere from any fine-tune; its differences are no "
            "evidence and were not used."
        )
    elif evidence.reference_head_warning:
        limits.append("The reference's predictions look wrong and were not used.")
    else:
        limits.append(
            "A trojan that the reference carries as well, unless a published trigger shows it."
        )
    if not evidence.has_labels:
        limits.append("Relabelled samples: the file has no labels.")
    if evidence.truncated_share > 0.05:
        limits.append(
            f"Text beyond the window: {evidence.truncated_share:.0%} of the samples are cut."
        )
    limits.append(
        "Poison that keeps correct labels, and triggers made of style without fixed text."
    )
    return tuple(limits)
