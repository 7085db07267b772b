"""How far the ranking's probabilities can be trusted."""

from __future__ import annotations

import streamlit as st

from analysis.report.calibration import (
    calibration_figure,
    calibration_sentence,
    calibration_table,
)
from analysis.runs.run import Run
from dashboard import state
from dashboard.components.chart import chart
from dashboard.components.headings import headings
from dashboard.text import say


def calibration_panel(run: Run) -> None:
    """Draw the sentence and, behind an expander, the reliability diagram with its numbers."""
    metrics = run.record.get("metrics") or {}
    st.markdown(calibration_sentence(metrics))
    table = calibration_table(metrics)
    if table.empty:
        return
    with st.expander(say("How far the probabilities can be trusted")):
        chart(
            calibration_figure(metrics, state.theme()),
            "calibration",
            say("Told probability against the share that was poisoned, with 95 % intervals"),
        )
        st.dataframe(
            table,
            hide_index=True,
            column_config=headings(
                table,
                {
                    "interval": st.column_config.TextColumn(
                        help=say("95 %, drawing whole models again")
                    )
                },
            ),
            alt=say("Told probability, true share, samples and models per range"),
        )
        st.caption(
            say(
                "The base rate is that of those models. A located text makes samples stand or fall "
                "together, so no number is surer than the number of models allows."
            )
        )
