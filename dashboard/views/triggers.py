"""Which text carries the trigger, what inserting it does, and the bank of published triggers."""

from __future__ import annotations

from analysis.runs.run import Run
from dashboard import services
from dashboard.components.bank_panel import bank_panel
from dashboard.components.empty_state import show_notice
from dashboard.components.guard_form import guard_form
from dashboard.components.path_panel import followed, path_panel
from dashboard.components.run_gate import run_gate
from dashboard.components.trigger_diff import trigger_diff
from dashboard.components.triggers import triggers
from dashboard.components.verdict_card import verdict_card
from dashboard.text import say

PURPOSE = say(
    "See the located trigger with its support and purity, what inserting it into clean samples "
    "does, and how every published trigger compares with the natural-flip floor."
)


def _screen(run: Run) -> None:
    samples = services.samples(run)
    verdict_card(run.record, samples)
    triggers(run.record.get("metrics") or {})
    path_panel(run, trigger_diff(samples, followed(run)))
    bank_panel(run)
    guard_form(run, int(samples["flagged"].sum()))


with services.problems():
    _run = run_gate(say("Triggers"), PURPOSE, "ranking", ("inspect",))
    show_notice()
    if _run is not None:
        _screen(_run)
