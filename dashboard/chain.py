"""Which runs belong together: an inspection, its removals, their audits and re-inspections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from analysis.report.unlearn_words import public_answer
from analysis.runs.run import RunSummary


def model_of(run: RunSummary, role: str) -> Mapping[str, Any]:
    """A run's model in `role`; empty where it has none."""
    return next((model for model in run.models if model.get("role") == role), {})


def samples_of(run: RunSummary, role: str) -> Mapping[str, Any]:
    """A run's samples in `role`; empty where it has none."""
    return next((samples for samples in run.samples if samples.get("role") == role), {})


def audit_of(run: RunSummary, runs: Sequence[RunSummary]) -> RunSummary | None:
    """The newest finished audit of the very weights that a removal made, else one that runs.

    Args:
        run: a removal.
        runs: every run, newest first.
    """
    sha256 = model_of(run, "unlearned").get("sha256") or run.metrics.get("unlearned_sha256")
    if not sha256:
        return None
    audits = [
        each
        for each in runs
        if each.kind == "audit" and model_of(each, "unlearned").get("sha256") == sha256
    ]
    for status in ("done", "running"):
        for each in audits:
            if each.status == status:
                return each
    return None


def audit_answer(run: RunSummary, runs: Sequence[RunSummary]) -> str:
    """What the newest finished audit says; "" without one."""
    audit = audit_of(run, runs)
    return audit.answer if audit is not None and audit.status == "done" else ""


def shown_answer(run: RunSummary, runs: Sequence[RunSummary]) -> str:
    """The word that a list shows for a run: its status, its answer, or answer and audit."""
    if run.status != "done":
        return run.status
    if run.kind != "unlearn":
        return run.answer or "done"
    return public_answer(run.answer, audit_answer(run, runs)) or "done"


def reinspection_of(run_id: str, runs: Sequence[RunSummary]) -> RunSummary | None:
    """The newest finished inspection whose parent is this removal, else one that runs."""
    children = [run for run in runs if run.kind == "inspect" and run.parent == run_id]
    for status in ("done", "running"):
        for run in children:
            if run.status == status:
                return run
    return None


def removals_of(run_id: str, runs: Sequence[RunSummary]) -> tuple[RunSummary, ...]:
    """Removals that began with this inspection, newest first."""
    return tuple(r for r in runs if r.kind == "unlearn" and r.parent == run_id)


def by_id(run_id: str | None, runs: Sequence[RunSummary]) -> RunSummary | None:
    """The run with this name, None where it is not there."""
    return next((run for run in runs if run.run_id == run_id), None)
