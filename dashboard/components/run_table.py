"""Every run as one line: answer, models, samples, layer, excess ASR, when, how long."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any

import pandas as pd
import streamlit as st

from analysis.report.behaviour_words import excess_asr
from analysis.report.words import answer_word, count, duration, interval, layer_name, part
from analysis.runs.run import RunSummary
from dashboard import state
from dashboard.chain import shown_answer
from dashboard.components.headings import headings
from dashboard.components.sidebar import model_name, moment, subject
from dashboard.pages import home_of
from dashboard.text import say, told

SIGNS = {
    "found": "▲",
    "not_found": "●",
    "inconclusive": "◐",
    "cleaned": "◐",
    "cleaned_removed": "●",
    "cleaned_hidden": "▲",
    "cleaned_present": "▲",
    "cleaned_unclear": "◐",
    "inverted": "▲",
    "not_cleaned": "▲",
    "removed": "●",
    "hidden": "▲",
    "present": "▲",
    "unclear": "◐",
    "running": "▶",
    "failed": "✕",
    "unreadable": "✕",
    "cancelled": "■",
}
WIDTHS = {
    "verdict": st.column_config.TextColumn(width=190),
    "data": st.column_config.TextColumn(width=96),
    "model": st.column_config.TextColumn(width=96),
}
MEASURED = {"unlearn": "after", "train": "trained"}  # whose figures a kind of run is about


def run_table(runs: Sequence[RunSummary]) -> None:
    """Draw the table; choosing a line opens the run's maps."""
    st.markdown(say("#### Runs"))
    frame = run_frame(runs)
    event = st.dataframe(
        frame,
        key="kenshin_runs",
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        column_config=headings(frame, WIDTHS),
        height=min(420, 38 + 35 * len(runs)),
        alt=say("All runs with verdict, models, samples, layer, excess ASR and duration"),
    )
    rows = event.get("selection", {}).get("rows", []) if event else []
    if rows and rows[0] < len(runs):
        _open(runs[rows[0]])
    else:
        st.caption(say("Choose a line to open the run."))


def _open(run: RunSummary) -> None:
    if run.problem:
        st.error(told(run.problem))
        return
    state.open_run(run.run_id)
    if run.kind != "inspect":
        page = home_of(run.kind)
        st.page_link(
            page.path,
            label=say(page.title),
            icon=page.icon,
            query_params=state.run_link(run.run_id),
        )
        return
    with st.container(horizontal=True):
        for name, label, icon in (
            ("embeddings", say("Maps"), ":material/scatter_plot:"),
            ("attention", say("Weights"), ":material/grid_on:"),
            ("anomalies", say("Samples that stand out"), ":material/flag:"),
        ):
            st.page_link(
                f"views/{name}.py", label=label, icon=icon, query_params=state.run_link(run.run_id)
            )
        st.caption(say("Run `{run_id}`", run_id=run.run_id))


def run_frame(runs: Sequence[RunSummary]) -> pd.DataFrame:
    """The table as text, newest first."""
    return pd.DataFrame([run_line(run, runs) for run in runs])


def run_line(run: RunSummary, runs: Sequence[RunSummary]) -> dict[str, str]:
    """One run in the words of the overview; the others tell whether a removal was audited."""
    answer = shown_answer(run, runs)
    verdict = run.verdict or {}
    line = {
        "verdict": f"{SIGNS.get(answer, '○')} {answer_word(answer).lower()}",
        "data": _part(verdict, "data"),
        "model": _part(verdict, "model"),
        "suspect": model_name(run, "suspect"),
        "reference": model_name(run, "reference"),
        "samples": _samples(run),
        "layer": layer_name(verdict.get("layer")) if verdict.get("layer") else "–",
        "excess ASR": interval(*excess_asr(run.metrics, MEASURED.get(run.kind, "suspect"))),
        "when": moment(run.created),
        "duration": duration(run.seconds),
    }
    return line if run.kind in ("inspect", "") else {**line, "suspect": subject(run)}


def _part(verdict: Mapping[str, Any], name: str) -> str:
    answer = part(verdict, name)[0]
    return answer_word(answer).lower() if answer else "–"


def _samples(run: RunSummary) -> str:
    for sample in run.samples:
        if sample.get("role", "samples") == "samples":
            name = PurePath(str(sample.get("source", ""))).name
            return f"{count(int(sample.get('rows') or 0))} · {name}"
    return "–"
