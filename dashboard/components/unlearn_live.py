"""A removal that runs: progress, curves that follow it, and a cancel that keeps the best so far."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import streamlit as st

from analysis.errors import KenshinError
from analysis.report.unlearning_curves import BUDGET, last_attempt, unlearning_curves
from analysis.report.words import count, number
from analysis.runs.run import Run
from analysis.unlearn.objectives.specs import known_objective
from dashboard import actions, services, state
from dashboard.components.act_button import act_button
from dashboard.components.chart import chart
from dashboard.components.running import progress_bar
from dashboard.components.unlearn_card import set_sizes
from dashboard.components.unlearn_details import method_title
from dashboard.text import say, term

EVERY = 1.5  # seconds between looks
PHASES = {"search": term("Search"), "full": term("Full run")}


def unlearn_live(run: Run) -> None:
    """Draw it and look again until the run ends; then the whole page is drawn anew."""
    known = _stand(run)
    st.caption(set_sizes(run))
    _cancel_button(run)

    @st.fragment(run_every=EVERY)
    def live() -> None:
        now = run.reread()
        if _stand(now) != known:
            st.rerun()
        progress = now.progress()
        if progress is not None:
            progress_bar(progress)
        curves(now, "live")
        st.caption(
            say(
                "Guard samples are clean samples that no step trains on, with and without "
                "the located trigger. Of all looks, the best one inside the accuracy band is "
                "kept, not the last."
            )
        )
        if late := _counts_late(now):
            st.caption(late)

    live()


def _stand(run: Run) -> tuple[str, bool]:
    """What must stay as it is for the whole page to stay as it is: status, inputs read or not."""
    return run.status, bool(run.record["inputs"]["models"])


def _counts_late(run: Run) -> str:
    """Of a method whose early looks do not count, from which step on stopping keeps something."""
    values = run.record["config"]["values"] or {}
    spec = known_objective(values.get("method"))
    if spec is None or not spec.settle:
        return ""
    return say(
        "With this method no look before step {step} counts: stopped earlier, the model stays as "
        "it was.",
        step=count(math.ceil(spec.settle * (values.get("steps") or spec.steps))),
    )


def curves(run: Run, key: str) -> None:
    """The attempt that ran last, as far as it got; nothing before its first look."""
    try:
        history = run.table("history")  # of a running run: never from memory
    except (KenshinError, OSError):
        st.caption(say("The first look at the guard samples is not there yet."))
        return
    rows = last_attempt(history)
    if rows.empty:
        return
    last = rows.iloc[-1]
    st.markdown(
        say(
            "**{attempt}**, step {step}",
            attempt=attempt_words(last.to_dict()),
            step=number(float(last["step"])),
        )
    )
    budget = (run.record["config"]["values"] or {}).get("accuracy_budget") or BUDGET
    chart(
        unlearning_curves(rows, state.theme(), float(budget)),
        f"removal-{key}",
        say("Attack success with its natural floor, clean accuracy with its budget band, and loss"),
    )


def attempt_words(row: Mapping[Any, Any]) -> str:
    """Which attempt a history row belongs to: "Search: NPO" or "Full run: NPO"."""
    title = method_title(str(row.get("method") or ""))
    phase = say(PHASES.get(str(row.get("phase")), str(row.get("phase") or "")))
    return ": ".join(part for part in (phase, title) if part)


def _cancel_button(run: Run) -> None:
    job = next((job for job in actions.job_list() if job.run_id == run.run_id), None)
    if job is None or job.ended:
        st.caption(
            say("Started in a terminal: stop it there with Ctrl-C; the best so far is kept.")
        )
        return
    with services.problems():
        if act_button(
            say("Stopping …") if job.cancelling else say("Stop and keep the best so far"),
            disabled=job.cancelling,
            icon=":material/stop_circle:",
            key="kenshin_stop_removal",
        ):
            actions.cancel_job(job.id)
            st.rerun()
