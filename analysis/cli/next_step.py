"""The last lines after an audit that found the trojan hidden or present."""

from __future__ import annotations

from analysis.errors import RequestError
from analysis.report.audit_next import methods_from, next_step
from analysis.runs.store import Run, RunStore


def print_next(audit: Run, store: RunStore) -> None:
    """Which removal to try next, and why; nothing where nothing follows."""
    parent = audit.record.get("parent")
    if not parent:
        return
    try:
        removal = store.open(str(parent)).record
    except RequestError:  # deleted since
        return
    step = next_step(audit.record, removal, methods_from(removal.get("parent"), store.list()))
    if step is None:
        return
    print(f"Next: {step.why}")
    if step.command:
        print(f"  {step.command}")
