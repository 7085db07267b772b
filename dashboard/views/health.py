"""Health check: a stored inspection again, on a new checkpoint or new inputs, with its drift."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from analysis.report.drift_figures import drift_by_layer, drift_timeline
from analysis.report.words import answer_word, number, p_value
from analysis.runs.run import RunSummary
from dashboard import services, state
from dashboard.components.chart import chart
from dashboard.components.empty_state import show_notice
from dashboard.components.health_form import health_form
from dashboard.components.job_panel import job_panel
from dashboard.components.sidebar import model_name, moment, sidebar
from dashboard.components.verdict_card import chip
from dashboard.text import say

PURPOSE = say(
    "Repeat a stored inspection on a new checkpoint of the same model, or on new live inputs, and "
    "see at which layer the hidden states left the baseline. Fine-tuning drifts, too: drift asks "
    "for a look, it is no verdict."
)
USUAL = 1 / 30  # adjusted p-value of an alert: one false alarm in thirty checks


def _checks(runs: Sequence[RunSummary]) -> list[RunSummary]:
    """Repeated inspections with a measured drift, newest first."""
    return [r for r in runs if r.kind == "inspect" and r.status == "done" and "drift" in r.metrics]


def _screen(runs: Sequence[RunSummary]) -> None:
    checks = _checks(runs)
    asked = state.get(state.RUN)
    chosen = next((r for r in checks if r.run_id == asked), checks[0] if checks else None)
    if chosen is not None:
        _one(chosen, runs)
        _timeline([r for r in checks if r.metrics["drift"]["baseline"] == _baseline(chosen)])
    job_panel()
    with st.expander(say("New health check"), icon=":material/monitor_heart:", expanded=not checks):
        health_form(runs, _baseline(chosen) if chosen is not None else asked)


def _baseline(run: RunSummary) -> str:
    return str(run.metrics["drift"]["baseline"])


def _rows(run: RunSummary, pooling: str = "") -> pd.DataFrame:
    table = services.table(services.open_run(run.run_id), "drift")
    usable = sorted(table["pooling"].unique())
    return table[table["pooling"] == (pooling if pooling in usable else usable[-1])]


def _one(run: RunSummary, runs: Sequence[RunSummary]) -> None:
    rows = _rows(run, "mean")
    worst = rows.sort_values("p_adjusted").iloc[0]
    level = float(run.metrics["drift"].get("level", USUAL))
    moved = int((rows["p_adjusted"] <= level).sum())
    with st.container(border=True):
        chip(run.answer)
        words = (
            say("{moved} of {n} layers left the baseline", moved=moved, n=len(rows))
            if moved
            else say("No layer drifted")
        )
        st.markdown(
            say(
                "#### {words}; the verdict is {answer}.",
                words=words,
                answer=answer_word(run.answer).lower(),
            )
        )
        st.caption(
            say(
                "{model_name} · {moment} · smallest adjusted p {p_adjusted} at layer {layer} · "
                "n {n_baseline} baseline and {n} new samples · alert from adjusted p {level}",
                model_name=model_name(run, "suspect"),
                moment=moment(run.created),
                p_adjusted=p_value(float(worst["p_adjusted"])),
                layer=worst["layer"],
                n_baseline=int(worst["n_baseline"]),
                n=int(worst["n"]),
                level=number(level),
            )
        )
        _audited(run, runs)
    chart(
        drift_by_layer(rows, level, state.theme()),
        "drift",
        say("Energy distance of each layer to the baseline over what chance gives"),
    )


def _audited(run: RunSummary, runs: Sequence[RunSummary]) -> None:
    """What the audit of this check said, where one was asked for."""
    found = next((r for r in runs if r.kind == "audit" and r.parent == run.run_id), None)
    if found is None:
        return
    chip(found.answer or found.status)
    st.page_link(
        "views/audit.py",
        label=say("Audit of this checkpoint"),
        icon=":material/gavel:",
        query_params=state.run_link(found.run_id),
    )


def _timeline(checks: Sequence[RunSummary]) -> None:
    if len(checks) < 2:
        return
    st.markdown(say("#### Over time"))
    labels = [f"{moment(r.created)[5:]} {model_name(r, 'suspect')}" for r in checks]
    named = [
        (label if labels.count(label) == 1 else f"{label} {r.run_id[-4:]}", _rows(r, "mean"))
        for label, r in zip(reversed(labels), reversed(checks), strict=True)
    ]
    chart(
        drift_timeline(named, state.theme()),
        "drift-timeline",
        say("Checks across, layers down; darker layers lie further from the baseline"),
    )


with services.problems():
    _runs = sidebar()
    show_notice()
    st.title(say("Health check"))
    st.caption(PURPOSE)
    _screen(_runs)
