"""One method over a grid of settings: what forgetting costs, beside another model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from analysis.report.sweep_figures import (
    SHOWN,
    at_moment,
    sweep_heatmap,
    sweep_sentence,
    trade_off,
)
from analysis.runs.run import Run, RunSummary
from dashboard import services, state
from dashboard.components.chart import chart, chart_format
from dashboard.components.empty_state import show_notice
from dashboard.components.inputs import several
from dashboard.components.job_panel import job_panel
from dashboard.components.problem import ended_early
from dashboard.components.running import running_state
from dashboard.components.sidebar import model_name, moment, sidebar
from dashboard.components.sweep_form import sweep_form
from dashboard.text import say, term

MOST = 4  # models whose grids still fit one above the other


def _purpose() -> str:
    return say(
        "What does forgetting cost this model? One method runs from the same start over a grid of "
        "settings, without guards; lay a text model's grid beside a code model's to see which one "
        "forgets more gently."
    )


def _labels(runs: Sequence[RunSummary]) -> dict[str, str]:
    """run_id -> model and method; where several share both, also the moment."""
    names = {run.run_id: f"{model_name(run, 'original')} · {_method(run)}" for run in runs}
    shared = Counter(names.values())
    return {
        run.run_id: names[run.run_id]
        + ("" if shared[names[run.run_id]] == 1 else f" · {moment(run.created)[5:]}")
        for run in runs
    }


def _method(run: RunSummary) -> str:
    found = run.metrics.get("sweep")
    return str(found.get("method", "")) if isinstance(found, Mapping) else say(run.status)


def _chosen(runs: Sequence[RunSummary]) -> dict[str, Run]:
    """Runs by label, the run of the address first."""
    labels = _labels(runs)
    named = state.get(state.RUN)
    usual = [run_id for run_id in labels if run_id == named] or list(labels)[:1]
    picked = several(
        say("Compare"), list(labels), usual, words=labels.__getitem__, max_selections=MOST
    )
    if picked:
        state.put(state.RUN, picked[0])
    return {labels[run_id]: services.open_run(run_id) for run_id in picked}


def _show(opened: Mapping[str, Run]) -> None:
    for run in opened.values():
        if run.status == "running":
            running_state(run, compact=True)
    ended = [ended_early(label, run) for label, run in opened.items()]
    tables = {
        label: services.table(run, "sweep") for label, run in opened.items() if run.has("sweep")
    }
    if not tables:
        if not all(ended):
            st.caption(say("The first setting is not finished yet."))
        return
    st.markdown(f"#### {sweep_sentence(tables)}")
    chart_format()
    chart(
        trade_off(tables, state.theme()),
        "sweep-trade-off",
        say("Clean accuracy lost against excess ASR left, every look of every setting"),
    )
    st.caption(
        say(
            "Each point is one look at guard samples; the line joins the looks that no other beats "
            "in both. Inside the grey band the trigger means nothing any more; below it, it pulls "
            "the other way."
        )
    )
    batch, step = _moment(tables)
    for label, table in tables.items():
        _grids(label, opened[label], table, batch, step)


def _moment(tables: Mapping[str, pd.DataFrame]) -> tuple[int, int | None]:
    batches = sorted({int(b) for table in tables.values() for b in table["batch_size"].unique()})
    steps = sorted({int(s) for table in tables.values() for s in table["step"].unique() if s})
    left, right = st.columns(2)
    batch = left.segmented_control(say("Batch size"), batches, default=batches[0], required=True)
    step = right.select_slider(say("After step"), steps, value=steps[-1]) if steps else None
    return int(batch or batches[0]), step


def _grids(label: str, run: Run, table: pd.DataFrame, batch: int, step: int | None) -> None:
    shown = at_moment(table[table["batch_size"] == batch], step)
    st.markdown(f"**{label}**")
    if shown.empty:
        st.caption(say("This grid has no such batch size."))
        return
    given = (run.record["metrics"].get("sweep") or {}).get("strength_means")
    means = say(str(given or term("strength")))
    columns = st.columns(len(SHOWN))
    for column, figure in zip(columns, SHOWN, strict=True):
        with column:
            st.caption(say(figure.title))
            chart(
                sweep_heatmap(shown, figure, means, state.theme()),
                f"sweep-{figure.column}-{run.run_id[-8:]}",
                say(figure.title),
            )


with services.problems():
    _runs = sidebar()
    show_notice()
    st.title(say("Settings sweep"))
    st.caption(_purpose())
    _swept = [run for run in _runs if run.kind == "sweep" and not run.problem]
    if _swept:
        _opened = _chosen(_swept)
        if _opened:
            _show(_opened)
    job_panel()
    with st.expander(say("New sweep"), icon=":material/add:", expanded=not _swept):
        sweep_form(_runs)
