"""What a chain of runs did not test, as page 1 and the model card list it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from analysis.report.document.facts import Facts, verdict_of
from analysis.report.document.phrases import reasons
from analysis.report.text import Words, words_of


def not_tested(facts: Facts, words: Words) -> tuple[str, ...]:
    """Blind spots of every stage, and the stages that do not exist."""
    chain = facts.chain
    found: list[str] = []
    if chain.unlearning is not None and chain.audit is None:
        found.append(words("gap.audit"))
    if chain.unlearning is not None and chain.reinspection is None:
        found.append(words("gap.reinspection"))
    if chain.inspection is None:
        found.append(words("gap.inspection"))
    if "suspect" not in facts.figures and chain.inspection is not None:
        found.append(words("gap.behaviour"))
    for run in chain.runs:
        gaps = verdict_of(run).get("not_tested") or ()
        if chain.unlearning is not None:  # said above, or answered by the audit
            gaps = [gap for gap in gaps if gap != words_of("en")("reason.unlearn_not_audited")]
        found += _attacks_together(reasons(gaps, words), words)
    return tuple(dict.fromkeys(f"{each[:1].upper()}{each[1:]}" for each in found))


def _attacks_together(said: Sequence[str], words: Words) -> list[str]:
    """Attacks that were no part of the audit as one entry, where the first of them stood."""
    after = words("reason.audit_no_part", attack="")
    names = [each.removesuffix(after) for each in said if each.endswith(after)]
    if not names:
        return list(said)
    listed = reduce(lambda one, other: words("page.listed", one=one, other=other), names)
    together = words("reason.audit_no_part", attack=listed)
    return list(dict.fromkeys(together if each.endswith(after) else each for each in said))
