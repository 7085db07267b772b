"""From a run to documents: choices on the left, page 1 as it will look on the right."""

from __future__ import annotations

import streamlit as st

from analysis.runs.run import Run
from dashboard import services, state
from dashboard.components.empty_state import empty_state
from dashboard.components.report_files import report_files
from dashboard.components.report_form import report_form
from dashboard.components.report_preview import report_preview, report_sentences
from dashboard.components.running import running_state
from dashboard.components.sidebar import sidebar
from dashboard.text import says


def _run() -> Run | None:
    """The run that the URL names, else the newest that is done; any kind will do."""
    ref = state.get(state.RUN)
    if not ref:
        ref = next((run.run_id for run in services.summaries() if run.status == "done"), "")
    if not ref:
        return None
    run = services.open_run(ref)
    state.put(state.RUN, run.run_id)
    return run


def _screen(run: Run) -> None:
    left, right = st.columns([1, 2], gap="large")
    with left:
        wish = report_form()
        if wish is not None:
            report_files(run, wish)
    with right:
        document = report_preview(run, wish)
    if document is not None:
        report_sentences(document)


with services.problems():
    _found = _run()
    sidebar()
    st.title(says("screen.title"))
    st.caption(says("screen.purpose"))
    if _found is None:
        empty_state(says("screen.purpose"))
    elif _found.status == "running":
        st.markdown(says("screen.too_new"))
        running_state(_found)
    else:
        _screen(_found)
