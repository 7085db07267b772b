"""Which samples stand out, in which layer, by which detector, and how sure that is."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from analysis.report.evidence import evidence_table
from analysis.report.figures import detector_heatmap
from analysis.runs.run import Run
from dashboard import services, state
from dashboard.components.calibration_panel import calibration_panel
from dashboard.components.chart import chart, chart_format
from dashboard.components.controls_panel import controls_panel
from dashboard.components.detector_card import detector_card
from dashboard.components.headings import headings
from dashboard.components.map_controls import POOLINGS, control
from dashboard.components.run_gate import run_gate
from dashboard.components.threshold import threshold_panel
from dashboard.components.triggers import triggers
from dashboard.components.verdict_card import verdict_card
from dashboard.text import say

PURPOSE = say(
    "Rank every sample by how suspicious it is, and see which layer and which detector say so, "
    "against what clean models show."
)


def _evidence(run: Run) -> None:
    layers = services.table(run, "layers")
    st.markdown(say("#### Evidence by layer"))
    poolings = sorted(layers["pooling"].unique())
    with st.container(horizontal=True, vertical_alignment="bottom", gap="large"):
        pooling = control(say("Pooling"), state.POOLING, poolings, "mean", POOLINGS)
        chart_format()
    suspect = layers[(layers["model"] == "suspect") & (layers["pooling"] == pooling)]
    if suspect.empty:
        st.caption(say("No detector ran at this pooling."))
        return
    chart(
        detector_heatmap(suspect, state.theme()),
        "detectors",
        say("Layers across, detectors down; orange cells lie above the clean band"),
    )
    with st.expander(say("Numbers against the clean band")):
        table = evidence_table(layers[layers["pooling"] == pooling])
        st.dataframe(
            table,
            hide_index=True,
            column_config=headings(table),
            alt=say("Each statistic of the suspect and the reference with the clean band"),
        )
    detector_card(sorted(layers["detector"].unique()))


def _screen(run: Run) -> None:
    samples: pd.DataFrame = services.samples(run)
    verdict_card(run.record, samples)
    if run.kind == "inspect" and "flagged" in samples and samples["flagged"].any():
        st.page_link(
            "views/unlearn.py",
            label=say("Clean this model"),
            icon=":material/cleaning_services:",
            query_params=state.run_link(run.run_id),
        )
    triggers(run.record.get("metrics") or {})
    if run.has("layers"):
        _evidence(run)
    controls_panel(run)
    threshold_panel(run, samples)
    calibration_panel(run)


with services.problems():
    _run = run_gate(say("Anomalies"), PURPOSE, "ranking")
    if _run is not None:
        _screen(_run)
