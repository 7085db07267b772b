"""What needs the analyst first: found and not looked at, failed, or waiting."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from analysis.errors import KenshinError
from analysis.report.audit_words import audit_sentence
from analysis.report.safe import escape_markdown, inline_code
from analysis.report.scan_words import scan_sentence
from analysis.report.unlearn_words import unlearn_sentence
from analysis.report.words import trigger_text, verdict_sentence
from analysis.runs.run import RunSummary
from dashboard import actions, services, state
from dashboard.chain import audit_answer, shown_answer
from dashboard.components.running import running_state
from dashboard.components.sidebar import moment, subject
from dashboard.components.tour import tour_offer
from dashboard.components.verdict_card import chip
from dashboard.pages import home_of
from dashboard.text import say, told

SHOWN = 3
URGENT = {
    **dict.fromkeys(("found", "inverted", "not_cleaned", "cleaned_hidden", "cleaned_present"), 0),
    **dict.fromkeys(("cleaned", "failed", "unreadable"), 1),  # cleaned: nobody has audited it
    **dict.fromkeys(("inconclusive", "cleaned_unclear"), 2),
    "not_found": 3,
}


def needs_you(runs: Sequence[RunSummary]) -> None:
    """Draw the newest runs that ask for something, the gravest first."""
    st.markdown(say("#### What needs you"))
    of_jobs = {job.run_id for job in actions.job_list()}
    for run in runs:
        if run.status == "running" and run.run_id not in of_jobs:
            _running(run)
    ended = [run for run in runs if run.status not in ("running", "cancelled") and _asks(run)][:8]
    ranked = sorted(ended, key=lambda run: URGENT.get(shown_answer(run, runs), 4))
    for run in ranked[:SHOWN]:
        _line(run, runs)
    if any(shown_answer(run, runs) == "found" and run.kind == "inspect" for run in ranked):
        tour_offer()
    if not ranked:
        st.caption(say("Nothing yet: the first inspection is still on its way."))


def _running(run: RunSummary) -> None:
    """A run that a terminal started: live here, too."""
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            chip("running")
            st.markdown(f"**{inline_code(subject(run))}**", width="content")
            st.caption(moment(run.created), width="content")
        running_state(services.open_run(run.run_id), compact=True)


def _asks(run: RunSummary) -> bool:
    """A training that went well asks nothing of anybody."""
    return run.kind != "train" or run.status != "done"


def _line(run: RunSummary, runs: Sequence[RunSummary]) -> None:
    with st.container(border=True):
        left, right = st.columns([0.74, 0.26], vertical_alignment="center")
        with left:
            with st.container(horizontal=True, vertical_alignment="center"):
                chip(shown_answer(run, runs))
                st.markdown(f"**{inline_code(subject(run))}**", width="content")
                st.caption(moment(run.created), width="content")
            st.markdown(_sentence(run, runs))
        with right, st.container(horizontal=True, horizontal_alignment="right"):
            if not run.problem:
                _links(run, runs)


def _links(run: RunSummary, runs: Sequence[RunSummary]) -> None:
    query = state.run_link(run.run_id)
    if shown_answer(run, runs) == "cleaned":
        st.page_link(
            "views/unlearn.py", label=say("Audit"), icon=":material/gavel:", query_params=query
        )
        return
    if run.kind != "inspect":
        page = home_of(run.kind)
        st.page_link(page.path, label=say("Look"), icon=page.icon, query_params=query)
        return
    st.page_link(
        "views/embeddings.py", label=say("Look"), icon=":material/scatter_plot:", query_params=query
    )
    st.page_link(
        "views/anomalies.py", label=say("Samples"), icon=":material/flag:", query_params=query
    )
    if run.answer == "found":
        st.page_link(
            "views/unlearn.py",
            label=say("Clean"),
            icon=":material/cleaning_services:",
            query_params=query,
        )


def _sentence(run: RunSummary, runs: Sequence[RunSummary]) -> str:
    if run.problem or run.reason:
        return escape_markdown(told(run.problem or run.reason))
    reasons = tuple(str(reason) for reason in (run.verdict or {}).get("reasons") or ())
    if run.kind == "unlearn":
        audit = audit_answer(run, runs)
        return escape_markdown(unlearn_sentence(run.answer, run.metrics, audit, reasons))
    if run.kind == "audit":
        return escape_markdown(audit_sentence(run.verdict, run.metrics))
    if run.kind == "scan":
        return scan_sentence(run.verdict, run.metrics, int(run.samples[0].get("rows") or 0))
    try:
        samples = services.samples(services.open_run(run.run_id))
    except KenshinError:
        return verdict_sentence(run.verdict, None, 0)
    flagged = samples[samples["flagged"]] if "flagged" in samples else samples.head(0)
    trigger = trigger_text(run.metrics, flagged)
    return verdict_sentence(run.verdict, trigger, len(samples))
