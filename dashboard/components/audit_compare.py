"""Several audits in one chart: each arm at the budget that decided."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from analysis.report.audit_curves import audits_compared
from analysis.report.audit_words import about_facts, decisive
from analysis.report.words import answer_word
from analysis.runs.run import RunSummary
from dashboard import state
from dashboard.chain import by_id
from dashboard.components.chart import chart
from dashboard.components.sidebar import model_name, moment
from dashboard.text import say, term

SHOWN = 12
TITLE, FACTS_TITLE = term("#### Audits side by side"), term("#### Audits of facts side by side")
ALT = term("ASR of every arm of each audit at the relearning budget that decided, with intervals")
FACTS_ALT = term("Right answers of every arm of each audit of facts, with intervals")


def audit_compare(runs: Sequence[RunSummary]) -> None:
    """Draw it where at least two audits of one kind have ended: trojans and facts apart."""
    ended = [run for run in runs if run.kind == "audit" and run.status == "done"]
    for facts in (False, True):
        _compared([run for run in ended if about_facts(run.metrics) == facts], runs, facts)


def _compared(ended: Sequence[RunSummary], runs: Sequence[RunSummary], facts: bool) -> None:
    shown = [(audit_label(run, runs), decisive(run.metrics, "relearning")) for run in ended]
    shown = [(label, found) for label, found in shown if found][:SHOWN]
    if len(shown) < 2:
        return
    st.markdown(say(FACTS_TITLE if facts else TITLE))
    chart(
        audits_compared(shown, state.theme(), facts),
        "audits-facts" if facts else "audits",
        say(FACTS_ALT if facts else ALT),
    )
    st.caption(
        say(
            "Relearning. A removal holds where the unlearned model lies on the control, not "
            "on the copy that was made to hide. Budgets differ between audits: compare "
            "within a line first."
        )
    )


def audit_label(run: RunSummary, runs: Sequence[RunSummary]) -> str:
    """Method or model, answer and when: unique enough to read."""
    parent = by_id(run.parent, runs)
    chosen = (parent.metrics.get("chosen") or {}) if parent is not None else {}
    name = str(chosen.get("method") or model_name(run, "unlearned")).replace("_", " ")
    return (
        f"{name} · {answer_word(run.answer).lower()} · {moment(run.created)[5:]} {run.run_id[-4:]}"
    )
