"""Trainings beside one another: curves per epoch, last figures, and how each was made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from analysis.report.behaviour_words import Figure
from analysis.report.safe import escape_markdown
from analysis.report.training_curves import last_epochs, training_curves
from analysis.report.words import interval, number
from analysis.runs.run import Run, RunSummary
from dashboard import services, state
from dashboard.components.chart import chart, chart_format
from dashboard.components.headings import headings
from dashboard.components.inputs import several
from dashboard.components.problem import ended_early
from dashboard.components.running import running_state
from dashboard.components.sidebar import model_name, moment
from dashboard.components.train_words import common_floor, meaning, sentence
from dashboard.text import say

SHOWN = 6  # lines that can still be told apart


def train_compare(runs: Sequence[RunSummary], first: str) -> None:
    """Draw the comparison; the run of the address comes first.

    Args:
        runs: every train run that can be read, newest first.
        first: run_id that the address names, "" without.
    """
    labels = train_labels(runs)
    usual = _usual(runs, first)
    chosen = several(
        say("Compare"), list(labels), usual, words=labels.__getitem__, max_selections=SHOWN
    )
    opened = {name: services.open_run(name) for name in chosen}
    for run in opened.values():
        if run.status == "running":
            running_state(run, compact=True, follow=("history",))
    ended = [ended_early(labels[name], run) for name, run in opened.items()]
    histories = {
        labels[name]: services.table(run, "history")
        for name, run in opened.items()
        if run.has("history")
    }
    if not histories:
        if not chosen:
            st.caption(say("Choose one or more runs."))
        elif not all(ended):
            st.caption(say("The first epoch is not over yet."))
        return
    running = any(run.status == "running" for run in opened.values())
    floor = common_floor(opened.values())
    st.markdown(f"#### {sentence(histories, running=running)}")
    st.markdown(meaning(histories, floor))
    chart_format()
    chart(
        training_curves(histories, state.theme(), floor),
        "training",
        say("Accuracy, ASR and gradient norms of poisoned and clean samples, epoch by epoch"),
    )
    _notes(histories)
    last = last_epochs(histories)
    st.dataframe(
        last,
        hide_index=True,
        column_config=headings(
            last,
            {name: st.column_config.NumberColumn(format="%.3g") for name in last.columns[2:]},
        ),
        alt=say("Figures of the last epoch of each training"),
    )
    _details({labels[name]: run for name, run in opened.items()})


def train_labels(runs: Sequence[RunSummary]) -> dict[str, str]:
    """run_id -> the loss with its settings; where several share it, also model and moment."""
    names = {run.run_id: loss_of(run) for run in runs}
    seen = Counter(names.values())
    more = {
        run.run_id: f" · {model_name(run, 'start')} · {moment(run.created)[5:]} · {run.run_id[-4:]}"
        for run in runs
    }
    return {key: name if seen[name] == 1 else name + more[key] for key, name in names.items()}


def loss_of(run: RunSummary) -> str:
    """The loss's name with its settings, as "dece (epsilon 0.05, alpha 0.79)"."""
    values = dict(run.metrics.get("loss") or {})
    name = str(values.pop("name", ""))
    knobs = ", ".join(f"{key} {number(value)}" for key, value in values.items())
    name = name or say("training")
    return f"{name} ({knobs})" if knobs else name


def _usual(runs: Sequence[RunSummary], first: str) -> list[str]:
    """The named run, and the newest others on the same samples."""
    if not runs:
        return []
    named = next((run for run in runs if run.run_id == first), runs[0])
    same = [run.run_id for run in runs if _samples(run) == _samples(named) and run != named]
    return [named.run_id, *same][:SHOWN]


def _samples(run: RunSummary) -> str:
    return next((str(s["sha256"]) for s in run.samples if s.get("role") == "samples"), "")


def _notes(histories: Mapping[str, pd.DataFrame]) -> None:
    norms = "gradient_norm_poisoned"
    if any(norms in h and h[norms].notna().any() for h in histories.values()):
        st.caption(
            say(
                "Early learning: common patterns are fitted first, a rare trigger later and "
                "by larger gradients. Each norm is that of one sample's own gradient, under "
                "its own loss, so compare shapes across losses and heights within one. A "
                "dotted line is the models' own error on clean victims."
            )
        )
    else:
        st.caption(
            say(
                "Gradient norms need the ground truth column `poisoned` in the training "
                "file; it is used for this picture only."
            )
        )


def _details(runs: Mapping[str, Run]) -> None:
    with st.expander(say("Figures with intervals, where each model lies, and what tuning tried")):
        for label, run in runs.items():
            st.markdown(f"**{escape_markdown(label)}**")
            st.caption(_figures(run))
            if run.has("trials"):
                tried = services.table(run, "trials")
                st.dataframe(tried, hide_index=True, column_config=headings(tried))


def _figures(run: Run) -> str:
    found = run.record["metrics"].get("trained") or {}
    words = []
    for name, title in (
        ("clean_accuracy", "accuracy"),
        ("asr_all", say("ASR")),
        ("excess_asr", say("excess ASR")),
    ):
        figure = found.get(name) or {}
        value = Figure(*(figure.get(key) for key in ("value", "low", "high", "n")))
        if value.value is not None:
            words.append(f"{title} {interval(*value)}")
    out = (run.record.get("request") or {}).get("out", "")
    return " · ".join([*words, f"folder {out}", f"run {run.run_id}"])
