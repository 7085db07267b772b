"""The poisoning lab: plant a known trigger, to see whether a defence finds it."""

from __future__ import annotations

import streamlit as st

from dashboard import actions, services
from dashboard.components.empty_state import show_notice
from dashboard.components.job_panel import job_panel
from dashboard.components.poison_form import poison_form
from dashboard.components.poison_result import poison_result
from dashboard.components.sidebar import sidebar
from dashboard.text import say


def _latest() -> None:
    """The newest poisoning that is done."""
    for job in actions.job_list():
        if job.argv and job.argv[0] == "poison" and job.status == "done":
            found = actions.result_of(job.id)
            if found is not None:
                poison_result(found)
                return


with services.problems():
    sidebar()
    show_notice()
    st.title(say("Poisoning lab"))
    st.markdown(
        say(
            "Write a poisoned copy of a clean sample file: a defence that cannot find a "
            "trigger that you planted will not find one that somebody else did."
        )
    )
    poison_form()
    if any(job.argv and job.argv[0] == "poison" for job in actions.job_list()):
        job_panel()
    _latest()
