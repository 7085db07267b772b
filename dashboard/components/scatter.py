"""Both models' maps side by side: layer rail, lasso, box, hover, PNG and SVG.

A component of our own on two canvases, because a stock chart is mounted anew (0.9-1.9 s at 20,000
points) and loses its selection whenever the layer changes. All layers of a stack are in the
browser, so a change of layer needs no server.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from dashboard import map_services, map_state, services, state
from dashboard.components.filter_box import asked_filter
from dashboard.look import clean_look
from dashboard.payload import MapPayload

ASSETS = Path(__file__).parent / "assets"
PARTS = (
    *("data", "place", "draw", "contours", "labels", "histogram", "select", "export", "parts"),
    *("play", "keys", "app", "view", "pointer", "mount"),
)
MAP = "kenshin_map"
LINK = "kenshin_map_link"
FOCUS = "kenshin_map_focus"

_map = st.components.v2.component(
    "kenshin_map",
    html='<div class="k-host"></div>',
    css=(ASSETS / "map.css").read_text("utf-8"),
    js="\n".join((ASSETS / f"map_{part}.js").read_text("utf-8") for part in PARTS),
)
_link = st.components.v2.component("kenshin_link", js=(ASSETS / "link.js").read_text("utf-8"))


def scatter(
    run_id: str,
    payload: MapPayload,
    layer: str,
    colour: str,
    kept: np.ndarray | None = None,
) -> None:
    """Draw the maps; layer, selection and look arrive in `state` when the user changes them.

    Args:
        run_id: whose selection is drawn.
        payload: coordinates, colours and texts.
        layer: "encoder:2", the layer to begin with.
        colour: key of a colouring.
        kept: (n,) bool, samples that pass the filter; None for all.
    """
    shown = None if kept is None else kept[payload.rows]
    look = map_state.look(run_id)
    wordy = look.get("wordy") is True
    # Small wishes go through a second component: the map's data is then sent only once.
    _link(
        key=LINK,
        height=1,
        data={
            "channel": payload.meta["channel"],
            "colour": colour,
            "layer": layer,
            "selection": list(map_state.selected(run_id)),
            "wishes": map_state.wishes(),
            "nonce": f"{payload.meta['version']}|{map_state.wishes()}",
            "view": look,
            "view_nonce": f"{run_id}|{map_state.looks()}",
            "labels": map_services.labels(services.open_run(run_id), payload) if wordy else None,
            "shown": "" if shown is None or shown.all() else packed(shown),
        },
    )
    _map(
        key=MAP,
        data={"points": payload.points, "meta": dict(payload.meta)},
        on_layer_change=_on_layer,
        on_selection_change=partial(_on_selection, run_id),
        on_view_change=partial(_on_view, run_id),
        on_undo_change=partial(map_state.undo, run_id),
        on_brush_change=partial(_on_brush, run_id),
    )


def focus_on(rows: Iterable[int]) -> None:
    """Ring these rows on the map that was drawn before; none takes the rings away."""
    data = {"channel": "map-focus", "rows": [int(row) for row in rows]}
    _link(key=FOCUS, height=1, data=data)


def _on_layer() -> None:
    chosen = _component_value("layer")
    if chosen:
        state.put(state.LAYER, str(chosen))


def _on_selection(run_id: str) -> None:
    map_state.select(run_id, _component_value("selection") or (), from_map=True)


def _on_view(run_id: str) -> None:
    map_state.put_look(run_id, clean_look(_component_value("view") or {}), from_map=True)


def _on_brush(run_id: str) -> None:
    """A span of scores: the map draws a part of the samples, the selection is of all of them."""
    span = _component_value("brush")
    if not span:
        return
    run = services.open_run(run_id)
    samples, kept = services.samples(run), map_services.kept_samples(run, asked_filter())
    scores = samples["score"].to_numpy(dtype=np.float64)
    inside = (scores >= span["low"]) & ((scores < span["high"]) | bool(span["last"]))
    map_state.select(run_id, np.flatnonzero(inside if kept is None else inside & kept))


def _component_value(name: str) -> Any:
    return (st.session_state.get(MAP) or {}).get(name)


def packed(mask: np.ndarray) -> str:
    """(m,) bool as base64 of one bit each, lowest bit first."""
    return base64.b64encode(np.packbits(mask, bitorder="little").tobytes()).decode("ascii")
