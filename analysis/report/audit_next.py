"""What to do after an audit: another removal where the trojan is left, a stronger audit else.

Which methods are offered follows the measured audits (tests/benchmarks/README.md): those that train
the located trigger into clean samples with their true labels, the most thorough one first.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from analysis.report.text.spoken import say, term
from analysis.runs.run import RunSummary
from analysis.unlearn.objectives.specs import OBJECTIVES

# In this order; what held in the measured audits.
OFFERED = ("deep_repair", "anchored", "repair")
WHY = term(
    "{used} left the trojan in this model. Of what was measured, {offered} is among those that "
    "held up best: it trains the located trigger into clean samples with their true labels."
)
STOPPED = term(
    "This removal was stopped before its end. Of what was measured, {offered} is among the methods "
    "that held up best: it trains the located trigger into clean samples with their true labels."
)
NOTHING_LEFT = term(
    "The methods that held up in the measured audits have been tried. What remains is training "
    "again from weights that never saw the poison: --method retrain --start MODEL."
)
NO_TRIGGER = term(
    "This removal had no located trigger to work with, and no method that does without one held "
    "up in the measured audits: inspect more samples, so that the trigger is located."
)

STRONGER = term(
    "The quick audit trains at one rate. At twice that rate an attacker brought back removals that "
    "it calls removed: before you rely on this one, let the standard audit decide. It takes some "
    "ten times as long."
)


class NextStep(NamedTuple):
    """One sentence, and the command that it speaks of; no arguments where there is none."""

    why: str
    argv: tuple[str, ...] = ()
    title: str = ""  # of the method offered; empty for another audit

    @property
    def command(self) -> str:
        """What a terminal user would type."""
        return " ".join(("kenshin", *self.argv)) if self.argv else ""


def next_step(
    audit: Mapping[str, Any], removal: Mapping[str, Any] | None, tried: Collection[str] = ()
) -> NextStep | None:
    """What follows from an audit; None where nothing does.

    Args:
        audit: record of an audit.
        removal: record of the unlearn run whose weights it attacked, where there is one.
        tried: methods of all removals that began with the same inspection.
    """
    answer = (audit.get("verdict") or {}).get("answer")
    asked = (audit.get("config") or {}).get("values") or {}
    if answer == "removed" and asked.get("budget") == "quick" and not asked.get("attacks"):
        return _stronger(audit)
    if answer not in ("hidden", "present") or removal is None or removal.get("kind") != "unlearn":
        return None
    chosen = (removal.get("metrics") or {}).get("chosen") or {}
    values = (removal.get("config") or {}).get("values") or {}
    used = str(chosen.get("method") or "")
    if not (chosen.get("guard") or {}).get("triggers") and values.get("use_trigger", True):
        return NextStep(say(NO_TRIGGER))
    stopped = removal.get("status") == "cancelled"  # says nothing against its method
    spent = set(tried) if stopped else {used, *tried}
    offered = next((name for name in OFFERED if name not in spent), None)
    if offered is None:
        return NextStep(say(NOTHING_LEFT))
    begin = removal.get("parent")
    if not begin:
        return None
    titles = {spec.name: spec.title for spec in OBJECTIVES}
    title = say(titles[offered])
    why = (
        say(STOPPED, offered=title)
        if stopped
        else say(WHY, used=say(titles.get(used, used)), offered=title)
    )
    argv = ("unlearn", f"--from={begin}", *_files(removal), f"--method={offered}")
    return NextStep(why, argv, title)


def _stronger(audit: Mapping[str, Any]) -> NextStep | None:
    """The standard audit of the same removal, beside the same controls."""
    if not audit.get("parent"):
        return None
    asked, origins = audit.get("request") or {}, audit["config"].get("origins") or {}
    by_hand = origins.get("control") == "command line"
    controls = (f"--control={path}" for path in asked.get("control") or () if by_hand)
    argv = ("audit", f"--from={audit['parent']}", *controls, "--budget=standard")
    return NextStep(say(STRONGER), argv)


def methods_from(inspection: str | None, runs: Iterable[RunSummary]) -> frozenset[str]:
    """Methods of the finished removals that began with an inspection."""
    return frozenset(
        str((run.metrics.get("chosen") or {}).get("method"))
        for run in runs
        if run.kind == "unlearn" and run.status == "done" and run.parent == inspection
    )


def _files(removal: Mapping[str, Any]) -> tuple[str, ...]:
    """Files that the removal was given by hand; the rest comes from its inspection."""
    asked = removal.get("request") or {}
    origins = (removal.get("config") or {}).get("origins") or {}
    names = ("forget", "retain", "reference")
    return tuple(
        f"--{name}={asked[name]}"
        for name in names
        if asked.get(name) and origins.get(name) == "command line"
    )
