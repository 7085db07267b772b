"""Candidates for the trigger, with what inserting them into clean samples does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from analysis.report.trigger_words import trigger_table
from dashboard.components.headings import headings
from dashboard.text import say


def triggers(metrics: Mapping[str, Any]) -> None:
    """Draw the table; nothing when the run looked for none."""
    table = trigger_table(metrics)
    if table.empty:
        return
    st.markdown(say("#### Triggers"))
    st.dataframe(
        table,
        hide_index=True,
        column_config=headings(
            table,
            {
                "trigger": st.column_config.TextColumn(width="medium"),
                "flips": st.column_config.TextColumn(
                    help=say("Clean samples the suspect turns over")
                ),
                "floor": st.column_config.TextColumn(help=say("The same for the clean control")),
                "excess": st.column_config.TextColumn(help=say("Flips minus floor, 95 % interval")),
            },
        ),
        alt=say("Located triggers with support, purity and the effect of inserting them"),
    )
