"""Clean a model in one click, see what it did, and call for the audit."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from analysis.runs.run import Run, RunSummary
from dashboard import services, state
from dashboard.chain import audit_answer, removals_of, shown_answer
from dashboard.components.audit_call import audit_call
from dashboard.components.before_after import before_after
from dashboard.components.clean_form import clean_form, follow_started
from dashboard.components.empty_state import empty_state, show_notice
from dashboard.components.job_panel import job_panel
from dashboard.components.mask_details import mask_details
from dashboard.components.problem import problem_box
from dashboard.components.running import running_state
from dashboard.components.sidebar import moment, sidebar_of
from dashboard.components.unlearn_card import set_sizes, unlearn_card
from dashboard.components.unlearn_details import DELTA, take_along, trials, weights
from dashboard.components.unlearn_live import curves, unlearn_live
from dashboard.components.verdict_card import chip
from dashboard.text import say, told

KINDS = ("unlearn", "inspect")
PURPOSE = say(
    "Remove what the flagged samples taught the model and keep the rest: a new set of weights, "
    "measured before and after; the original stays as it is."
)


def _run(runs: Sequence[RunSummary]) -> Run | None:
    """The run of the address, else its nearest relative, else the newest of the kinds."""
    ref = state.get(state.RUN)
    if ref:
        run = services.open_run(ref)
        if run.kind in KINDS:
            return run
        ref = services.relative(run, KINDS)
    usable = [r.run_id for r in runs if r.kind in KINDS and r.status in ("done", "running")]
    ref = ref or next(iter(usable), "")
    return services.open_run(ref) if ref else None


def _screen(run: Run, runs: Sequence[RunSummary]) -> None:
    if run.kind == "inspect":
        _begin(run, runs)
    elif run.status == "running":
        st.markdown(say("#### Cleaning …"))
        unlearn_live(run)
    else:
        _ended(run, runs)


def _begin(run: Run, runs: Sequence[RunSummary]) -> None:
    st.caption(PURPOSE)
    if not run.has("ranking"):
        st.info(say("A removal begins with what the inspection flags; it is still at work."))
        running_state(run)
        return
    clean_form(run, runs)
    job_panel()
    _earlier(removals_of(run.run_id, runs), runs)


def _earlier(removals: Sequence[RunSummary], runs: Sequence[RunSummary]) -> None:
    if not removals:
        return
    st.markdown(say("#### Removals of this inspection"))
    for each in removals:
        with st.container(horizontal=True, vertical_alignment="center"):
            chip(shown_answer(each, runs))
            st.page_link(
                "views/unlearn.py",
                label=f"{moment(each.created)} · {each.run_id[-8:]}",
                query_params=state.run_link(each.run_id),
            )


def _ended(run: Run, runs: Sequence[RunSummary]) -> None:
    if run.status in ("failed", "cancelled") and not run.record.get("verdict"):
        _unmeasured(run)
    else:
        unlearn_card(run, audit_answer(run.summary(), runs))
        if (run.record.get("verdict") or {}).get("answer") == "cleaned":
            audit_call(run, runs)  # what is not cleaned needs no audit to be distrusted
    st.caption(set_sizes(run))
    if run.has(DELTA):
        before_after(run, runs)
        weights(run)
        mask_details(run)
    trials(run)
    if run.has("history"):
        with st.expander(say("Curves of the last attempt")):
            curves(run, "ended")
    if run.has(DELTA):
        take_along(run)
    parent = str(run.record.get("parent") or "")
    if parent:
        st.page_link(
            "views/unlearn.py",
            label=say("Clean again with other settings"),
            icon=":material/replay:",
            query_params=state.run_link(parent),
        )


def _unmeasured(run: Run) -> None:
    """Stopped or broken before it was measured; the weights may be there all the same."""
    problem_box(
        told(run.reason) or say("the removal was {status}", status=say(run.status)),
        say("The link below leads back to the form."),
    )
    if run.has(DELTA):
        st.warning(
            say(
                "The best weights so far were kept, but neither measured nor audited: treat this "
                "model as not cleaned."
            ),
            icon=":material/pending:",
        )


with services.problems():
    follow_started()
    _runs = services.summaries()
    _found = sidebar_of(lambda: _run(_runs))
    show_notice()
    st.title(say("Unlearn"))
    if _found is None:
        empty_state(PURPOSE)
    else:
        _screen(_found, _runs)
