"""Removed or only hidden: attack an unlearned model and see whether the trojan comes back."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from analysis.report.audit_words import about_facts
from analysis.runs.run import Run, RunSummary
from dashboard import services, state
from dashboard.components.audit_card import attacks_table, audit_card
from dashboard.components.audit_compare import audit_compare
from dashboard.components.audit_curves import audit_curves, live_audit
from dashboard.components.audit_form import audit_form
from dashboard.components.audit_next import audit_next
from dashboard.components.empty_state import show_notice
from dashboard.components.job_panel import job_panel
from dashboard.components.problem import problem_box
from dashboard.components.sidebar import sidebar_of
from dashboard.text import say, term, told

CLEANABLE = ("inspect", "unlearn")  # of these, no other model's audit is shown
PURPOSE = term(
    "A low attack success rate after unlearning is not removal. The audit trains the unlearned "
    "model, the original and a never-poisoned control on the same few triggered samples and "
    "watches whose trojan comes back; no model is changed."
)
FACTS_PURPOSE = term(
    "Answers that are no longer given are not removed facts. The audit asks the unlearned model, "
    "the original and a never-taught control in other words, trains them on some of the facts and "
    "watches whether the others come back; no model is changed."
)


def _run(runs: Sequence[RunSummary]) -> Run | None:
    """The audit of the address, else the newest of its chain, else the newest of all."""
    ref = state.get(state.RUN)
    if ref:
        run = services.open_run(ref)
        if run.kind == "audit":
            return run
        own = services.relative(run, ("audit",))
        if own or run.kind in CLEANABLE:
            return services.open_run(own) if own else None
    newest = [r.run_id for r in runs if r.kind == "audit" and r.status in ("done", "running")]
    return services.open_run(newest[0]) if newest else None


def _show(run: Run, runs: Sequence[RunSummary]) -> None:
    if run.status == "running":
        st.markdown(say("#### Attacking …"))
        live_audit(run)
        return
    if run.status in ("failed", "cancelled"):
        problem_box(
            told(run.reason) or say("the audit was {status}", status=say(run.status)),
            say("Start it again below."),
        )
    if run.record.get("verdict"):
        audit_card(run)
        audit_next(run, runs)
    if run.has("recovery"):
        audit_curves(run, "ended")
        attacks_table(run)


with services.problems():
    _runs = services.summaries()
    _found = sidebar_of(lambda: _run(_runs))
    show_notice()
    st.title(say("Audit"))
    _facts = _found is not None and about_facts(_found.record.get("metrics") or {})
    st.caption(say(FACTS_PURPOSE if _facts else PURPOSE))
    if _found is not None:
        _show(_found, _runs)
    job_panel()
    with st.expander(say("New audit"), icon=":material/gavel:", expanded=_found is None):
        _removal = _found.record.get("parent") if _found is not None else state.get(state.RUN)
        audit_form(_runs, str(_removal or ""))
    audit_compare(_runs)
