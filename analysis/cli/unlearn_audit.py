"""The audit at the end of a removal: one click does not end before somebody tried to undo it."""

from __future__ import annotations

import sys

from analysis.cli.inspect import print_outcome
from analysis.cli.next_step import print_next
from analysis.cli.plain import plain_line
from analysis.cli.progress import TerminalProgress
from analysis.errors import KenshinError
from analysis.pipeline.audit_settings import AuditRequest, filled_from
from analysis.runs.store import Run, RunStore

QUICK = "quick"
NOT_AUDITED = "Cleaned, not audited"
USUAL = "a few minutes on two cores with the quick budget, up to an hour with the others"


def audit_after(result: Run, budget: str | None, store: RunStore) -> Run | None:
    """Audit a cleaned model as its own run; None where that was not asked for or not possible.

    A failed audit is told and leaves the removal as it is: cleaned, not audited.

    Args:
        result: a finished removal.
        budget: of the audit; "" for none, None for quick where the chain holds a clean model.
        store: where the runs lie.
    """
    if (result.record["verdict"] or {}).get("answer") != "cleaned":
        return None  # what is not cleaned needs no audit to be distrusted
    if budget == "":
        print(f"{NOT_AUDITED}: kenshin audit --from {result.run_id}")
        return None
    request = filled_from(AuditRequest(budget=budget or QUICK), result, store)
    if budget is None and not (result.record.get("parent") and request.control):
        print(
            f"{NOT_AUDITED}: an audit compares with a clean model, and none was given. "
            f"kenshin audit --from {result.run_id} --control MODEL"
        )
        return None
    print(
        f"{NOT_AUDITED} so far. The {request.budget} audit begins: it trains copies of the models "
        f"and watches whether the trojan returns ({USUAL}; its run states the cost before it "
        "starts). Ctrl-C stops it and leaves the cleaned model; --no-audit leaves it out.",
        flush=True,
    )
    from analysis.pipeline.audit import audit

    try:
        found = audit(request, store, TerminalProgress())
    except KenshinError as error:
        print(
            f"kenshin: {NOT_AUDITED.lower()}: the audit failed: {plain_line(error)}",
            file=sys.stderr,
        )
        return None
    print_outcome(found, as_json=False)
    print_next(found, store)
    return found
