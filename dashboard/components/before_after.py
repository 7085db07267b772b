"""The same samples on the same axes: the suspect before, the clean model, the cleaned model."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from analysis.runs.run import Run, RunSummary
from dashboard import actions, map_services, services, state
from dashboard.chain import by_id, reinspection_of
from dashboard.components.map_controls import map_controls
from dashboard.components.running import EVERY, running_state
from dashboard.components.scatter import scatter
from dashboard.components.standing_out import standing_out
from dashboard.text import say, term


def before_after(run: Run, runs: Sequence[RunSummary]) -> None:
    """Draw the maps of a removal, or say why there are none."""
    parent, child = by_id(run.record.get("parent"), runs), reinspection_of(run.run_id, runs)
    st.markdown(say("#### Before and after, on the same axes"))
    if parent is None or parent.kind != "inspect":
        st.caption(
            say("This removal did not begin with an inspection, so there is no map before it.")
        )
        return
    if child is None:
        _without_child(run)
        return
    before, after = services.open_run(parent.run_id), services.open_run(child.run_id)
    if after.status == "running":
        st.caption(say("The cleaned model is being inspected on the same axes."))
        running_state(after, compact=True)
    if not (before.has("projection") and after.has("projection")):
        st.caption(say("One of the two inspections has no map yet."))
        return
    _maps(before, after)
    standing_out(before, after)
    with st.container(horizontal=True):
        for name, ref in ((term("Maps before"), before), (term("Maps after"), after)):
            st.page_link(
                "views/embeddings.py",
                label=say(name),
                icon=":material/scatter_plot:",
                query_params=state.run_link(ref.run_id),
            )
        st.page_link(
            "views/anomalies.py",
            label=say("What still stands out after"),
            icon=":material/flag:",
            query_params=state.run_link(after.run_id),
        )


def _without_child(run: Run) -> None:
    """No re-inspection: on its way, or never made."""
    known = len(services.summaries())
    job = next((job for job in actions.job_list() if job.run_id == run.run_id), None)
    if job is None or job.ended:
        st.caption(say("The cleaned model was not inspected again."))
        return

    @st.fragment(run_every=EVERY)
    def wait() -> None:
        if len(services.summaries()) != known or not any(
            each.id == job.id and not each.ended for each in actions.job_list()
        ):
            st.rerun()
        st.caption(say("The re-inspection of the cleaned model begins in a moment."))

    wait()


@st.fragment
def _maps(before: Run, after: Run) -> None:
    choice = map_controls(before)
    payload = map_services.joined_payload(
        before, after, choice.stack, choice.pooling, choice.method, state.theme()
    )
    if "unlearned" not in payload.models:
        st.caption(
            say("The re-inspection has no map of this kind; choose another method or pooling.")
        )
        return
    scatter(before.run_id, payload, choice.layer, choice.colour)
    st.caption(
        say(
            "New points were placed on the stored map, which was not fitted again: what "
            "moved, moved. Colours and selection are those of the inspection."
        )
    )
