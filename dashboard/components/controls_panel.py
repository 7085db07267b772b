"""What the same procedures say where there is nothing to find."""

from __future__ import annotations

import streamlit as st

from analysis.report.controls import control_table
from analysis.runs.run import Run
from dashboard.components.headings import headings
from dashboard.text import say


def controls_panel(run: Run) -> None:
    """Draw the table; nothing for runs made before controls were kept."""
    metrics = run.record.get("metrics") or {}
    table = control_table(metrics)
    if table.empty:
        return
    st.markdown(say("#### Negative controls"))
    st.dataframe(
        table,
        hide_index=True,
        column_config=headings(table),
        alt=say("The same procedures on nothing, beside what they said here"),
    )
    if run.kind == "inspect" and not any(
        row["control"] == "clean_pair" for row in metrics["controls"]
    ):
        st.caption(
            say(
                "A second clean model, given as control, would show here what a clean pair looks "
                "like."
            )
        )
