"""Both models' maps on shared axes, layer by layer, and what was selected on them."""

from __future__ import annotations

import streamlit as st

from dashboard import map_services, services, state
from dashboard.components.atlas_view import ATLAS, atlas_hint, atlas_view, viewer_choice
from dashboard.components.filter_box import asked_filter, filter_box
from dashboard.components.map_controls import MapChoice, map_controls
from dashboard.components.map_headline import map_headline
from dashboard.components.run_gate import run_gate
from dashboard.components.scatter import scatter
from dashboard.components.selection import selection_panel
from dashboard.components.view_box import view_box
from dashboard.saved_views import open_from_url
from dashboard.text import say

PURPOSE = say(
    "See where the suspect model puts the samples, beside a clean reference, at every layer: "
    "poisoned samples gather where only the suspect pulls them together."
)


@st.fragment
def _screen(run_id: str) -> None:
    run = services.open_run(run_id)
    unknown = open_from_url(run)
    headline = st.container()

    def beside(choice: MapChoice) -> None:
        filter_box(run, services.samples(run))
        view_box(run, choice)

    choice = map_controls(run, three=True, beside=beside, method_help=atlas_hint())
    viewer = viewer_choice(choice)
    if unknown:
        st.caption(say("This run has no saved view named “{name}”.", name=unknown))
    asked = asked_filter()
    site = (choice.stack, choice.pooling, choice.method)
    payload = map_services.map_payload(run, site, state.theme(), asked)
    with headline:
        map_headline(run, payload, choice)
    kept = map_services.kept_samples(run, asked)
    if viewer == ATLAS:
        atlas_view(run, payload, choice, kept)
    else:
        scatter(run_id, payload, choice.layer, choice.colour, kept)
    selection_panel(run, payload, choice)


with services.problems():
    _run = run_gate(say("Embeddings"), PURPOSE, "projection")
    if _run is not None:
        _screen(_run.run_id)
