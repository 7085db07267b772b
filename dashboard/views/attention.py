"""Query, key and value weights of both models, beside a clean-clean control."""

from __future__ import annotations

import streamlit as st

from analysis.report.figures import pair_grid, weight_heatmaps
from analysis.report.weight_words import MEASURES, weights_sentence
from analysis.runs.run import Run
from dashboard import services, state
from dashboard.components.chart import chart, chart_format
from dashboard.components.run_gate import run_gate
from dashboard.components.weight_cell import choose_cell, weight_cell
from dashboard.text import say, told

PURPOSE = say(
    "Compare the attention weights of both models, matrix by matrix. They usually hardly differ, "
    "so a difference counts only against the difference between two clean models."
)


def _screen(run: Run) -> None:
    table = services.table(run, "attention")
    with st.container(key="kenshin_headline"):
        headline = st.empty()
    with st.container(horizontal=True, vertical_alignment="bottom", gap="large"):
        stacks = sorted(table["stack"].unique(), key=lambda name: name != "encoder")
        stack = (
            stacks[0]
            if len(stacks) == 1
            else st.segmented_control(say("Stack"), stacks, default=stacks[0], required=True)
        )
        usable = [name for name in MEASURES if name in table and table[name].notna().any()]
        measure = st.selectbox(
            say("Measure"),
            usable or ["effect_size"],
            format_func=lambda name: say(MEASURES[name]),
            width=280,
        )
        chart_format()
    headline.markdown(f"#### {told(weights_sentence(table, measure))}")
    pair = pair_grid(table, "suspect", measure, stack)
    control = pair_grid(table, "control", measure, stack)
    if pair.empty:
        st.info(
            say(
                "This run has no reference model of the same shape: only the suspect's own "
                "distributions can be shown."
            ),
            icon=":material/info:",
        )
    else:
        if control.empty:
            st.warning(
                say("No control: give two clean models to see what is usual."),
                icon=":material/balance:",
            )
        chart(
            weight_heatmaps(pair, control, measure, state.theme()),
            "weights",
            say(
                "{measure} per layer and matrix, suspect against reference",
                measure=say(MEASURES[measure]),
            )
            + ("" if control.empty else say(", beside clean against clean on the same scale")),
            on_click=lambda label, layer: choose_cell(stack, label, layer),
        )
        st.caption(say("Click a cell to see its distributions below."))
    weight_cell(table, stack, measure)


with services.problems():
    _run = run_gate(say("Attention"), PURPOSE, "attention")
    if _run is not None:
        _screen(_run)
