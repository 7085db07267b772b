"""Embedding Atlas in place of Kenshin's map, where it is installed: every sample of a large set.

Its choice of samples becomes the selection of the page, like a lasso on Kenshin's own map.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st
from streamlit.components.v1 import declare_component

from analysis.errors import KenshinError
from analysis.report.words import count
from analysis.runs.atlas_folder import atlas_page, installed_atlas
from analysis.runs.run import Run
from dashboard import map_services, map_state, services, state
from dashboard.atlas import MOST_NEIGHBOURS, ROW, props, rows_of
from dashboard.components.empty_state import notice
from dashboard.components.filter_box import asked_filter
from dashboard.components.map_controls import MapChoice, control
from dashboard.payload import MapPayload
from dashboard.solid import METHOD as SOLID
from dashboard.text import say, told

KENSHIN, ATLAS = "kenshin", "atlas"
VIEWERS = {KENSHIN: "Kenshin", ATLAS: "Embedding Atlas"}  # names: the same in every language
NAME = "kenshin_atlas"
_FOLLOWED = "kenshin_atlas_condition"  # the condition that the selection was last made from


def viewer_choice(choice: MapChoice) -> str:
    """Offer Embedding Atlas where it is installed and can draw the map; else Kenshin's own map."""
    if installed_atlas() is None or choice.method == SOLID:
        return KENSHIN
    return control(say("Drawn by"), state.VIEWER, list(VIEWERS), KENSHIN, VIEWERS)


def atlas_hint() -> str:
    """How to get Embedding Atlas, for the help of a control; empty where it is there."""
    if installed_atlas() is not None:
        return ""
    return say(
        "For very large sets, Embedding Atlas can draw every sample: `{command}`",
        command="pip install -e '.[atlas]'",
    )


def atlas_view(
    run: Run, payload: MapPayload, choice: MapChoice, kept: np.ndarray | None = None
) -> None:
    """Draw it, and follow what is selected there.

    Args:
        run: whose selection it makes.
        payload: which layers and models have a map.
        choice: what is shown.
        kept: (n,) bool, samples that pass the filter; None for all.

    Raises:
        RequestError: the installed package is not as expected, or its page cannot be written.
    """
    package = installed_atlas()
    if package is None:
        return
    folder = atlas_page(services.runs_root(), package)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        last = payload.models[-1] if "suspect" not in payload.models else "suspect"
        model = control(say("Model"), state.MODEL, payload.models, last)
        layers = [f"{choice.stack}:{layer}" for layer in payload.layers]
        layer = control(say("Layer"), state.LAYER, layers, choice.layer)
    site = (choice.stack, choice.pooling, choice.method)
    frame = map_services.atlas_points(run, site, layer, model)
    if kept is not None:
        frame = frame[kept[frame[ROW].to_numpy()]]
    st.caption(_words(len(frame)))
    # The component reads its data once: another map is another component.
    key = "|".join((NAME, run.run_id, *site, layer, model, choice.colour, *asked_filter()))
    component = declare_component(NAME, path=str(folder))
    value: Any = component(data_frame=frame, props=props(frame, choice.colour), key=key, default={})
    condition = value.get("predicate") if isinstance(value, dict) else None
    _follow(run.run_id, key, condition if isinstance(condition, str) else "", frame)


def _words(n: int) -> str:
    said = [
        say("{n} samples with a place on this map, drawn by Embedding Atlas.", n=count(n)),
        say("It needs a browser with WebGPU (shader-f16), on this machine or over HTTPS."),
    ]
    if n > MOST_NEIGHBOURS:
        said.append(say("Neighbours are left out beyond {n} samples.", n=count(MOST_NEIGHBOURS)))
    return " ".join(said)


def _follow(run_id: str, key: str, condition: str, frame: Any) -> None:
    """Make a new condition the selection; the same one twice leaves later choices alone."""
    before = st.session_state.get(_FOLLOWED, (key, ""))
    if before == (key, condition):
        return
    st.session_state[_FOLLOWED] = (key, condition)
    if not condition:
        if before[0] == key:
            map_state.select(run_id, ())
        return
    try:
        map_state.select(run_id, rows_of(condition, frame))
    except KenshinError as error:
        notice(told(error.message))
