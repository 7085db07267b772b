"""What a data file alone says: the answer, the located text, every sample ranked."""

from __future__ import annotations

import streamlit as st

from analysis.runs.run import Run
from dashboard import services
from dashboard.components.calibration_panel import calibration_panel
from dashboard.components.controls_panel import controls_panel
from dashboard.components.empty_state import show_notice
from dashboard.components.guard_form import guard_form
from dashboard.components.run_gate import run_gate
from dashboard.components.scan_card import scan_card
from dashboard.components.scan_form import scan_form
from dashboard.components.threshold import threshold_panel
from dashboard.text import say

PURPOSE = say(
    "Look for poison in a training file before any model sees it: text that goes along with a "
    "label, and text that looks put in."
)
MODEL_COLUMNS = ("predicted_suspect", "predicted_reference")


def _screen(run: Run) -> None:
    samples = services.samples(run)
    scan_card(run.record, len(samples))
    # No model took part: its empty columns would only take room.
    threshold_panel(run, samples.drop(columns=[c for c in MODEL_COLUMNS if c in samples]))
    calibration_panel(run)
    controls_panel(run)
    guard_form(run, int(samples["flagged"].sum()))


with services.problems():
    _run = run_gate(say("Scan"), PURPOSE, "ranking", ("scan",))
    show_notice()
    if _run is not None:
        _screen(_run)
    with st.expander(say("Scan a data file"), icon=":material/policy:", expanded=_run is None):
        scan_form("scan")
