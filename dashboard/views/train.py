"""Train with a plain or a robust loss, and compare losses epoch by epoch."""

from __future__ import annotations

import streamlit as st

from dashboard import services, state
from dashboard.components.empty_state import show_notice
from dashboard.components.job_panel import job_panel
from dashboard.components.sidebar import sidebar
from dashboard.components.train_compare import train_compare
from dashboard.components.train_form import train_form
from dashboard.text import say

PURPOSE = say(
    "Does a loss keep a model from learning a trigger? Fine-tune copies with several losses on the "
    "same samples and watch accuracy, ASR and the pull of poisoned samples epoch by epoch."
)

with services.problems():
    _runs = sidebar()
    show_notice()
    st.title(say("Train"))
    st.caption(PURPOSE)
    _trained = [run for run in _runs if run.kind == "train" and not run.problem]
    if _trained:
        train_compare(_trained, state.get(state.RUN))
    job_panel()
    with st.expander(say("New training"), icon=":material/add:", expanded=not _trained):
        train_form(_runs)
