"""Both models' maps on shared axes, layer by layer, and what was selected on them."""

from __future__ import annotations

import streamlit as st

from dashboard import services, state
from dashboard.components.map_controls import map_controls
from dashboard.components.map_headline import map_headline
from dashboard.components.run_gate import run_gate
from dashboard.components.scatter import scatter
from dashboard.components.selection import selection_panel

PURPOSE = (
    "See where the suspect model puts the samples, beside a clean reference, at every layer: "
    "poisoned samples gather where only the suspect pulls them together."
)


@st.fragment
def _screen(run_id: str) -> None:
    run = services.open_run(run_id)
    headline = st.container()
    choice = map_controls(run)
    payload = services.map_payload(run, choice.stack, choice.pooling, choice.method, state.theme())
    with headline:
        map_headline(run, payload, choice)
    scatter(run_id, payload, choice.layer, choice.colour)
    selection_panel(run, payload, choice)


with services.problems():
    _run = run_gate("Embeddings", PURPOSE, "projection")
    if _run is not None:
        _screen(_run.run_id)
