"""Turn a run's flagged samples into a quarantine list, clean data and an input filter, as a job."""

from __future__ import annotations

import streamlit as st

from analysis.report.words import count
from analysis.runs.run import Run
from dashboard import actions, services
from dashboard.components.act_button import act_submit
from dashboard.components.empty_state import notice
from dashboard.data_requests import guard_argv
from dashboard.text import say


def guard_form(run: Run, flagged: int) -> None:
    """Draw the form where there is something to guard against.

    Args:
        run: an inspection or a scan.
        flagged: samples that the run flags.
    """
    marks = actions.marks(run).values()
    confirmed, dismissed = (sum(m == word for m in marks) for word in ("confirmed", "dismissed"))
    if not flagged and not confirmed:
        return
    st.markdown(say("#### Guard"))
    st.markdown(
        say(
            "Writes the quarantine list ({flagged} flagged, plus {confirmed} confirmed, "
            "minus {dismissed} dismissed), the samples without them in their own format, "
            "and an input filter that needs nothing but Python.",
            flagged=count(flagged),
            confirmed=count(confirmed),
            dismissed=count(dismissed),
        )
    )
    with st.form(f"kenshin_guard_{run.run_id}", border=False, enter_to_submit=False):
        out = st.text_input(say("New folder"), placeholder=say("where the files go"))
        if not act_submit(say("Write the guard"), icon=":material/shield:"):
            return
    with services.problems():
        actions.start_job(guard_argv(run.run_id, out))
        notice(say("The guard is being written; see Jobs on the overview."))
        st.rerun()
