"""Both models' maps side by side: layer rail, lasso, box, hover, PNG and SVG.

A component of our own on two canvases, because a stock chart is mounted anew (0.9-1.9 s at 20,000
points) and loses its selection whenever the layer changes. All layers of a stack are in the
browser, so a change of layer needs no server.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

from dashboard import state
from dashboard.payload import MapPayload

ASSETS = Path(__file__).parent / "assets"
PARTS = ("data", "draw", "select", "export", "parts", "app", "pointer", "mount")
MAP = "kenshin_map"
LINK = "kenshin_map_link"

_map = st.components.v2.component(
    "kenshin_map",
    html='<div class="k-host"></div>',
    css=(ASSETS / "map.css").read_text("utf-8"),
    js="\n".join((ASSETS / f"map_{part}.js").read_text("utf-8") for part in PARTS),
)
_link = st.components.v2.component("kenshin_link", js=(ASSETS / "link.js").read_text("utf-8"))


def scatter(run_id: str, payload: MapPayload, layer: str, colour: str) -> None:
    """Draw the maps; layer and selection arrive in `state` when the user changes them.

    Args:
        run_id: whose selection is drawn.
        payload: coordinates, colours and texts.
        layer: "encoder:2", the layer to begin with.
        colour: key of a colouring.
    """

    def on_layer() -> None:
        chosen = _component_value("layer")
        if chosen:
            state.put(state.LAYER, str(chosen))

    def on_selection() -> None:
        state.select(run_id, _component_value("selection") or (), from_map=True)

    # Small wishes go through a second component: the map's data is then sent only once.
    _link(
        key=LINK,
        height=1,
        data={
            "channel": payload.meta["channel"],
            "colour": colour,
            "layer": layer,
            "selection": list(state.selected(run_id)),
            "nonce": f"{payload.meta['version']}|{state.wishes()}",
        },
    )
    _map(
        key=MAP,
        data={"points": payload.points, "meta": dict(payload.meta)},
        on_layer_change=on_layer,
        on_selection_change=on_selection,
    )


def _component_value(name: str) -> Any:
    return (st.session_state.get(MAP) or {}).get(name)
