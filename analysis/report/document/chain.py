"""From one run to the runs that belong to it: inspection, removal, re-inspection, audit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from analysis.errors import RequestError
from analysis.runs.run import Run, RunSummary, load_run
from analysis.runs.store import RunStore


@dataclass(frozen=True)
class Chain:
    """What a report speaks of; parts that do not exist are None."""

    focus: Run  # the run that was asked for
    inspection: Run | None = None
    unlearning: Run | None = None
    reinspection: Run | None = None
    audit: Run | None = None
    training: Run | None = None
    scan: Run | None = None

    @property
    def runs(self) -> tuple[Run, ...]:
        """Every run of the chain once, in the order of the work."""
        order = (
            self.training,
            self.scan,
            self.inspection,
            self.unlearning,
            self.reinspection,
            self.audit,
            self.focus,
        )
        found: dict[str, Run] = {run.run_id: run for run in order if run is not None}
        return tuple(found.values())

    @property
    def evidence(self) -> Run | None:
        """The run with samples to show: the inspection, else the scan."""
        return self.inspection or self.scan

    def stages(self) -> tuple[tuple[str, Run], ...]:
        """Name of each stage and its run, in the order of the work."""
        named = (
            ("training", self.training),
            ("scan", self.scan),
            ("inspection", self.inspection),
            ("unlearning", self.unlearning),
            ("reinspection", self.reinspection),
            ("audit", self.audit),
        )
        return tuple((name, run) for name, run in named if run is not None)


def follow(run: Run) -> Chain:
    """The chain around `run`: its parents, and below them the newest finished children.

    Raises:
        RequestError: the run has not ended yet.
    """
    if run.status == "running":
        raise RequestError(
            f"run {run.run_id} has not ended yet.", "Report it when it is done, or cancel it."
        )
    known = {s.run_id: s for s in RunStore(run.path.parent).list() if not s.problem}
    above = _ancestors(run, known)
    removal = next((s for s in above if s.kind == "unlearn"), None)
    if removal is not None:
        inspection = next((s for s in above[above.index(removal) + 1 :] if _inspects(s)), None)
    else:
        inspection = next((s for s in above if _inspects(s)), None)
        removal = _newest_child(known, inspection, lambda s: s.kind == "unlearn")
    again = above[0] if above[0] is not inspection and _inspects(above[0]) and removal else None
    again = again or _newest_child(known, removal, _inspects)
    audit = next((s for s in above if s.kind == "audit"), None)
    audit = audit or _newest_child(known, removal, lambda s: s.kind == "audit")
    audit = audit or _audit_of(known, removal)
    return Chain(
        focus=run,
        inspection=_loaded(run, inspection),
        unlearning=_loaded(run, removal),
        reinspection=_loaded(run, again),
        audit=_loaded(run, audit),
        training=_loaded(run, next((s for s in above if s.kind == "train"), None)),
        scan=_loaded(run, next((s for s in above if s.kind == "scan"), None)),
    )


def _inspects(summary: RunSummary) -> bool:
    return summary.kind == "inspect"


def _ancestors(run: Run, known: dict[str, RunSummary]) -> list[RunSummary]:
    """The run itself, then its parent and so on; a loop ends the walk."""
    found = [run.summary()]
    while True:
        parent = known.get(found[-1].parent or "")
        if parent is None or any(parent.run_id == s.run_id for s in found):
            return found
        found.append(parent)


def _newest_child(
    known: dict[str, RunSummary],
    parent: RunSummary | None,
    wanted: Callable[[RunSummary], bool],
) -> RunSummary | None:
    if parent is None:
        return None
    children = (
        s for s in known.values() if s.parent == parent.run_id and s.status == "done" and wanted(s)
    )
    return next(children, None)  # the store lists newest first


def _audit_of(known: dict[str, RunSummary], removal: RunSummary | None) -> RunSummary | None:
    """An audit without a parent whose audited model is the very one that the removal made."""
    made = (removal.metrics.get("unlearned_sha256") if removal else None) or ""
    for summary in known.values() if made else ():
        if summary.kind != "audit" or summary.status != "done":
            continue
        models = {m.get("role"): m.get("sha256") for m in summary.models}
        if models.get("unlearned") == made:
            return summary
    return None


def _loaded(focus: Run, summary: RunSummary | None) -> Run | None:
    if summary is None:
        return None
    return focus if summary.run_id == focus.run_id else load_run(summary.path)
