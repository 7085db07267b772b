"""From a run to documents: choices on the left, page 1 as it will look on the right."""

from __future__ import annotations

import streamlit as st

from analysis.report.document.policy import Policy
from analysis.runs.run import Run
from dashboard import actions, services, state
from dashboard.components.empty_state import empty_state, show_notice
from dashboard.components.report_files import report_files
from dashboard.components.report_form import report_form
from dashboard.components.report_preview import report_preview, report_sentences
from dashboard.components.report_provenance import report_provenance
from dashboard.components.report_release import report_release
from dashboard.components.run_delete import run_delete
from dashboard.components.running import running_state
from dashboard.components.sidebar import sidebar_of
from dashboard.text import says


def _run() -> Run | None:
    """The run that the URL names, else the newest that is done; any kind will do."""
    ref = state.get(state.RUN)
    if not ref:
        ref = next((run.run_id for run in services.summaries() if run.status == "done"), "")
    if not ref:
        return None
    return services.open_run(ref)


def _screen(run: Run) -> None:
    left, right = st.columns([2, 3], gap="large")
    with left:
        wish = report_form()
        policy = wish.policy if wish is not None else None
        if wish is not None:
            report_files(run, wish)
        report_release(run, policy if isinstance(policy, Policy) else None)
        report_provenance(run)
        run_delete(run)
    with right:
        document = report_preview(run, wish, actions.trail_stamp())
    if document is not None:
        report_sentences(document)


with services.problems():
    _found = sidebar_of(_run)
    st.title(says("screen.title"))
    show_notice()
    if _found is not None:
        st.caption(says("screen.purpose"))
    if _found is None:
        empty_state(says("screen.purpose"))
    elif _found.status == "running":
        st.markdown(says("screen.too_new"))
        running_state(_found)
    else:
        _screen(_found)
