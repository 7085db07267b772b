"""Which ways of looking work, and which do not: measured on models with known poison."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from analysis.report.measured import (
    SETS,
    answers_table,
    detectors_table,
    measured_headline,
    measured_rows,
    measured_size,
    measured_table,
)
from analysis.report.safe import escape_markdown
from analysis.report.words import count
from dashboard import services
from dashboard.components.downloads import csv_button
from dashboard.components.headings import headings
from dashboard.components.sidebar import sidebar
from dashboard.text import say

TEXTS = ("signals", "ranking", "models")


def _rankings() -> None:
    st.markdown(say("#### What each ranking finds"))
    chosen = st.segmented_control(
        say("Models"),
        list(SETS),
        default="took",
        required=True,
        format_func=lambda name: f"{say(SETS[name])} ({count(measured_size(name))})",
        label_visibility="collapsed",
        key="kenshin_measured_set",
    )
    table = measured_table(chosen)
    figures = {
        name: st.column_config.NumberColumn(format="%.3f")
        for name in table.columns
        if name not in TEXTS
    }
    table = table[["ranking", *(name for name in table.columns if name != "ranking")]]
    figures["ranking"] = st.column_config.TextColumn(pinned=True)
    st.dataframe(
        table,
        hide_index=True,
        height=min(38 + 35 * len(table), 640),
        column_config=headings(table, figures),
        alt=say("Rankings with their figures, medians over models"),
    )
    st.caption(
        say(
            "Medians over small encoders and encoder-decoders for functions in Python, {rows} rows "
            "each, ranked inside the class that the poison pulls to. Layers are chosen without the "
            "truth unless the column says otherwise. Budget: times the number of poisoned rows.",
            rows=count(measured_rows()),
        )
    )
    csv_button(table, f"detectors-{chosen}", say("Table as CSV"))


def _wrapped(title: str, table: pd.DataFrame, alt: str) -> None:
    """A table of sentences: its cells break into lines, none is cut off."""
    st.markdown(title)
    spoken = table.map(escape_markdown).rename(columns=say)
    st.table(spoken, hide_index=True, alt=alt)


with services.problems():
    sidebar()
    st.title(say("Methods"))
    st.markdown(measured_headline())
    _rankings()
    _wrapped(
        say("#### How often the answer was right"),
        answers_table(),
        say("Answers per kind of run and truth, with 95 % intervals"),
    )
    _wrapped(
        say("#### Every detector"),
        detectors_table(),
        say("Detectors with what they see, miss and need"),
    )
