"""The form of a new sweep: an inspection, one method, three lists of values."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from analysis.report.words import count, duration
from analysis.runs.run import RunSummary
from analysis.unlearn.objectives.specs import OBJECTIVES, ObjectiveSpec
from dashboard import actions, services, state
from dashboard.components.act_button import act_button
from dashboard.components.empty_state import begin_link, notice
from dashboard.components.sidebar import run_labels
from dashboard.sweep_request import SweepForm, settings, sweep_argv
from dashboard.text import say

LYA = "lya"


def sweep_form(runs: Sequence[RunSummary]) -> None:
    """Draw the form; a valid one becomes a job."""
    usable = [run for run in runs if run.kind == "inspect" and run.status == "done"]
    if not usable:
        st.info(say("A sweep needs an inspection that is done."), icon=":material/info:")
        begin_link()
        return
    labels = run_labels(usable)
    specs = {spec.name: spec for spec in OBJECTIVES if not {"start"} & set(spec.needs)}
    left, right = st.columns(2)
    ids = list(labels)
    inspection = left.selectbox(
        say("Inspection"),
        ids,
        index=ids.index(state.choose(state.RUN, ids)),
        format_func=labels.__getitem__,
    )
    method = right.selectbox(
        say("Method"),
        list(specs),
        index=list(specs).index(LYA),
        format_func=lambda name: say(specs[name].title),
    )
    form = _values(inspection, specs[method])
    number = settings(form)
    st.caption(_cost(number, runs))
    if not act_button(say("Start the sweep"), type="primary", icon=":material/grid_view:"):
        return
    with services.problems():
        actions.start_job(sweep_argv(form))
        notice(say("The sweep has started; the model itself is not touched."))
        st.rerun()


def _values(inspection: str, spec: ObjectiveSpec) -> SweepForm:
    strengths, rates, batches, steps = st.columns(4)
    spread = [f"{spec.strength * factor:g}" for factor in (0.1, 1, 10)] if spec.strength else []
    return SweepForm(
        inspection=inspection,
        method=spec.name,
        strengths=strengths.text_input(
            say("Strengths"), value=",".join(spread), help=say(spec.strength_means) or None
        ),
        learning_rates=rates.text_input(
            say("Learning rates"),
            value=",".join(f"{spec.learning_rate * factor:g}" for factor in (0.5, 1, 2)),
        ),
        batch_sizes=batches.text_input(say("Batch sizes"), value="16"),
        steps=steps.text_input(say("Steps"), value=str(spec.steps)),
        retain=st.text_input(
            say("Retain set"),
            placeholder=say("clean, labelled samples; taken from the inspection where it had some"),
        ),
    )


def _cost(number: int, runs: Sequence[RunSummary]) -> str:
    """How many settings, and the time that earlier sweeps of this folder took per setting."""
    known = [
        run.seconds / cells
        for run in runs
        if run.kind == "sweep" and run.seconds and (cells := _cells(run))
    ]
    words = say("{n} settings, each from the untouched model.", n=count(number))
    if not known:
        return words
    each = sorted(known)[len(known) // 2]
    return words + " " + say("About {time}, as earlier sweeps here.", time=duration(each * number))


def _cells(run: RunSummary) -> int:
    return int((run.metrics.get("sweep") or {}).get("cells") or 0)
