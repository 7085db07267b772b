"""From the URL to a run that can be looked at, or the right words why there is none yet."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from analysis.errors import KenshinError
from analysis.runs.run import Run
from dashboard import services, state
from dashboard.components.empty_state import empty_state
from dashboard.components.problem import problem_box
from dashboard.components.running import running_state
from dashboard.components.sidebar import sidebar
from dashboard.text import say


def run_gate(
    title: str, purpose: str, table: str, kinds: Sequence[str] = ("inspect",)
) -> Run | None:
    """Draw sidebar and title; hand back the run when `table` of it can be shown.

    Args:
        title: of the screen.
        purpose: one sentence, what the screen is for; shown while it has nothing to show.
        table: the table without which the screen is empty.
        kinds: what kinds of run it shows; of another kind, the nearest relative is taken.
    """
    ref = state.get(state.RUN) or _newest(kinds)
    if not ref:
        sidebar()
        st.title(title)
        empty_state(purpose, kinds)
        return None
    try:
        run = services.open_run(ref)
        if run.kind not in kinds:
            other = services.relative(run, kinds) or _newest(kinds)
            if not other:
                sidebar()
                st.title(title)
                empty_state(purpose, kinds)
                return None
            run = services.open_run(other)
    except KenshinError as error:
        sidebar()
        st.title(title)
        problem_box(error.message, error.hint)
        st.page_link("views/overview.py", label=say("Back to the overview"), icon=":material/home:")
        return None
    state.put(state.RUN, run.run_id)
    sidebar()
    return run if _ready(run, title, purpose, table) else None


def _newest(kinds: Sequence[str]) -> str:
    """The newest run of these kinds that is done, else one that runs; empty without any."""
    runs = [run for run in services.summaries() if run.kind in kinds]
    for status in ("done", "running"):
        for run in runs:
            if run.status == status:
                return run.run_id
    return ""


def _ready(run: Run, title: str, purpose: str, table: str) -> bool:
    if run.has(table) and run.has("samples"):
        if run.status == "running":
            running_state(run, compact=True)
        return True
    st.title(title)
    st.markdown(purpose)
    if run.status == "running":
        running_state(run)
        return False
    try:
        run.file(f"{table}.parquet")
        run.file("samples.parquet")
    except KenshinError as error:
        problem_box(
            error.message, error.hint or say("Start the inspection again from the overview.")
        )
        st.page_link(
            "views/overview.py",
            label=say("Start it again from the overview"),
            icon=":material/replay:",
        )
    return False
