"""What needs you, every run, every job, and the way to start."""

from __future__ import annotations

import streamlit as st

from dashboard import actions, services
from dashboard.components.act_button import act_button
from dashboard.components.convert_form import convert_form
from dashboard.components.empty_state import notice, show_notice
from dashboard.components.inspect_form import inspect_form
from dashboard.components.job_panel import job_panel
from dashboard.components.needs_you import needs_you
from dashboard.components.run_table import run_table
from dashboard.components.scan_form import scan_form
from dashboard.components.sidebar import sidebar
from dashboard.text import say


def _first_steps() -> None:
    with st.container(border=True):
        st.markdown(say("#### Begin with the pair that is shipped"))
        st.markdown(
            say(
                "A small code model with a planted backdoor, a clean one to compare with, "
                "and their samples. About a minute on two cores; two forward passes per "
                "sample."
            )
        )
        if act_button(
            say("Inspect the shipped pair"), type="primary", icon=":material/play_arrow:"
        ):
            actions.start_job(["demo"])
            notice(say("The inspection has started."))
            st.rerun()


with services.problems():
    _runs = sidebar()
    show_notice()
    st.title(say("Is this code model backdoored?"))
    st.caption(say("In which layer, and by which trigger: every answer beside its clean control."))
    if _runs:
        needs_you(_runs)
    elif not actions.job_list():
        _first_steps()
    job_panel()
    with st.expander(say("Scan a data file"), icon=":material/policy:"):
        scan_form("overview")
    with st.expander(say("New inspection"), icon=":material/add:", expanded=not _runs):
        inspect_form(_runs)
    with st.expander(say("Convert a pickle checkpoint"), icon=":material/transform:"):
        convert_form()
    if _runs:
        run_table(_runs)
