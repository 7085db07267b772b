"""The form of a health check: a stored inspection, a new checkpoint or new inputs."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from analysis.audit.specs import BUDGETS
from analysis.report.words import duration
from analysis.runs.run import RunSummary
from dashboard import actions, services
from dashboard.audit_request import health_argv
from dashboard.components.act_button import act_button
from dashboard.components.audit_form import cost_sentence
from dashboard.components.empty_state import begin_link, notice
from dashboard.components.sidebar import run_labels
from dashboard.text import say


def health_form(runs: Sequence[RunSummary], chosen: str = "") -> None:
    """Draw it; a valid form becomes a job.

    Args:
        runs: every run, newest first.
        chosen: the baseline to begin with.
    """
    baselines = [r for r in runs if r.kind == "inspect" and r.status == "done"]
    if not baselines:
        st.info(
            say("A health check repeats an inspection; there is none yet."), icon=":material/info:"
        )
        begin_link()
        return
    names = run_labels(baselines)
    ids = list(names)
    start = ids.index(chosen) if chosen in ids else 0
    baseline = st.selectbox(say("Baseline"), ids, index=start, format_func=names.__getitem__)
    left, right = st.columns(2)
    suspect = left.text_input(
        say("New checkpoint"), placeholder=say("folder; empty: the same model")
    )
    samples = right.text_input(say("New inputs"), placeholder=say("path; empty: the same samples"))
    alarms = left.number_input(
        say("False alarms a month that are bearable"), 0.01, 100.0, 1.0, format="%g"
    )
    checks = right.number_input(say("Checks a month"), 1.0, 50_000.0, 30.0, format="%g")
    audit = _audit(runs)
    argv = health_argv(baseline, suspect, samples, (alarms, checks), audit)
    seconds = next((r.seconds for r in baselines if r.run_id == baseline), None)
    st.caption(
        say(
            "Costs what the baseline took: about {seconds}, less where it is cached.",
            seconds=duration(seconds),
        )
    )
    if audit:
        plan = BUDGETS[0]
        st.caption(say("The audit: {cost}", cost=cost_sentence(plan, plan.attacks, runs)))
    with st.expander(say("The same for cron")):
        st.code("kenshin " + " ".join([*argv, "--gate", "--json"]), language="sh")
        st.caption(
            say(
                "Exit code 3: a trojan was found, or the audit says present or hidden; 4: "
                "inconclusive, unclear, or the layers drifted."
            )
        )
    if act_button(say("Check"), type="primary", icon=":material/monitor_heart:"):
        with services.problems():
            actions.start_job(argv)
            notice(say("The health check has started."))
            st.rerun()


def _audit(runs: Sequence[RunSummary]) -> str:
    """The removal whose attacks the checkpoint gets as well; empty where none is wanted."""
    removals = [r for r in runs if r.kind == "unlearn" and r.status == "done"]
    if not removals:
        return ""
    names = {"": say("no audit"), **run_labels(removals)}
    chosen = st.selectbox(
        say("Audit the checkpoint with the attacks of this removal"),
        list(names),
        format_func=names.__getitem__,
    )
    return str(chosen)
