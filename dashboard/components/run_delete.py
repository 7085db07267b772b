"""Take a run away; the trail keeps what it was and who deleted it."""

from __future__ import annotations

import streamlit as st

from analysis.runs.run import Run
from dashboard import access, actions, state
from dashboard.components.act_button import act_submit
from dashboard.components.empty_state import notice
from dashboard.services import problems
from dashboard.text import says


def run_delete(run: Run) -> None:
    """A small box that asks for a reason; nothing for viewers."""
    if not access.is_operator():
        return
    with st.popover(says("screen.delete"), icon=":material/delete:", width="content"):
        st.markdown(says("screen.delete_lead"))
        with st.form("kenshin_delete", border=False):
            reason = st.text_input(says("screen.delete_reason"), max_chars=200)
            sure = act_submit(says("screen.delete_sure"))
        with problems():
            if sure:
                actions.delete_run(run.run_id, reason)
                state.open_run("")
                notice(says("screen.deleted"))
                st.rerun()
