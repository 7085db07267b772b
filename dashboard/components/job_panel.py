"""Jobs with live progress, time left and cancel; they outlive the tab and the server."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath

import streamlit as st

from analysis.report.safe import escape_markdown, inline_code
from analysis.report.words import count
from analysis.runs.jobs import Job
from dashboard import actions, services, state
from dashboard.components.act_button import act_button
from dashboard.components.convert_result import convert_result
from dashboard.components.problem import problem_box
from dashboard.components.running import progress_bar
from dashboard.components.sidebar import moment
from dashboard.components.unlearn_details import method_title
from dashboard.components.verdict_card import chip
from dashboard.pages import home_of
from dashboard.text import say

EVERY = 1.0
SHOWN = 6


def job_panel() -> None:
    """Draw the newest jobs; while one is alive it looks again every second."""
    jobs = actions.job_list()
    if not jobs:
        return
    st.markdown(say("#### Jobs"))
    alive = any(not job.ended for job in jobs)
    known = [(job.id, job.status, job.run_id) for job in jobs]

    @st.fragment(run_every=EVERY if alive else None)
    def live() -> None:
        now = actions.job_list()
        if [(job.id, job.status, job.run_id) for job in now] != known:
            st.rerun()
        for job in now[:SHOWN]:
            _job(job)
        if len(now) > SHOWN:
            st.caption(say("{n} older jobs are not shown.", n=count(len(now) - SHOWN)))

    live()


def _job(job: Job) -> None:
    with st.container(border=True):
        left, right = st.columns([0.82, 0.18], vertical_alignment="center")
        with left, st.container(horizontal=True, vertical_alignment="center"):
            chip(job.status)
            st.markdown(f"**{job_title(job.argv)}**", width="content")
            st.caption(moment(job.created), width="content")
        with right, st.container(horizontal=True, horizontal_alignment="right"):
            _action(job)
        if job.status == "running" and job.progress is not None:
            progress_bar(job.progress)
        elif job.status == "running" and job.run_id:
            _follow_up(job.run_id)
        elif job.status == "running":
            st.caption(say("Starting: loading the libraries takes some seconds."))
        elif job.status == "queued":
            st.caption(
                say(
                    "Waiting for {ahead} before it; one job runs at a time.", ahead=count(job.ahead)
                )
            )
        elif job.status == "failed":
            problem_box(job.error, details=job.stderr_tail)
        elif job.argv[:1] == ("convert",) and (found := actions.result_of(job.id)):
            convert_result(found)


def _follow_up(run_id: str) -> None:
    """What a command does once its own run has ended: a removal is inspected again and audited."""
    runs = services.summaries()
    child = next((run for run in runs if run.parent == run_id and run.status == "running"), None)
    if child is None:
        st.caption(say("Just begun, or between two steps."))
        return
    st.caption(say("Its run has ended; what follows is under way: {kind}.", kind=say(child.kind)))
    progress = services.open_run(child.run_id).progress()
    if progress is not None:
        progress_bar(progress)


def _action(job: Job) -> None:
    if not job.ended:
        act_button(
            say("Cancelling …") if job.cancelling else say("Cancel"),
            key=f"kenshin_cancel_{job.id}",
            disabled=job.cancelling,
            on_click=_cancel,
            args=(job.id,),
        )
    elif job.run_id:
        st.page_link(
            home_of(job.argv[0] if job.argv else "").path,
            label=say("Look at it"),
            icon=":material/scatter_plot:",
            query_params=state.run_link(job.run_id),
        )


def _cancel(job_id: str) -> None:
    with services.problems():
        actions.cancel_job(job_id)


def job_title(argv: Sequence[str]) -> str:
    """The command in a few words, in Markdown: inspect `codebert-suspect`."""
    if not argv:
        return say("job")
    values = dict(word[2:].partition("=")[::2] for word in argv[1:] if word.startswith("--"))
    plain = [word for word in argv[1:] if not word.startswith("--")]
    subject = values.get("suspect") or values.get("model") or (plain[0] if plain else "")
    name = PurePath(subject).name
    command = escape_markdown(say(argv[0]))
    how = values.get("loss") or method_title(values.get("method", ""))  # may share a model
    parts = [command, inline_code(name) if name else "", f"· {escape_markdown(how)}" if how else ""]
    return " ".join(part for part in parts if part)
