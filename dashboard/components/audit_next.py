"""Under an audit's card: the removal or audit to try next, with one sentence why."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from analysis.errors import KenshinError
from analysis.report.audit_next import NextStep, methods_from, next_step
from analysis.report.safe import escape_markdown
from analysis.runs.run import Run, RunSummary
from dashboard import actions, services
from dashboard.components.act_button import act_button
from dashboard.components.empty_state import notice
from dashboard.text import say


def audit_next(run: Run, runs: Sequence[RunSummary]) -> None:
    """Draw it for a finished audit; nothing where nothing follows."""
    step = _step(run, runs)
    if step is None:
        return
    with st.container(border=True):
        st.markdown(say("**Next:** {why}", why=escape_markdown(step.why)))
        if not step.argv:
            return
        clicked = act_button(
            say("Clean again: {method}", method=step.title)
            if step.title
            else say("Audit again: standard budget"),
            icon=":material/cleaning_services:" if step.title else ":material/verified_user:",
            key="kenshin_clean_again",
        )
        st.caption(
            say("A new removal from the same inspection, audited in its turn:")
            if step.title
            else say("The same removal beside the same clean models:")
        )
        st.code(step.command, language="sh")
    if clicked:
        with services.problems():
            actions.start_job(step.argv)
            notice(
                say("The removal has started; the original model is not touched.")
                if step.title
                else say("The audit has started; no model is changed by it.")
            )
            st.rerun()


def _step(run: Run, runs: Sequence[RunSummary]) -> NextStep | None:
    parent = run.record.get("parent")
    if not parent:
        return None
    try:
        removal = services.open_run(str(parent)).record
    except KenshinError:  # deleted since
        return None
    return next_step(run.record, removal, methods_from(removal.get("parent"), runs))
