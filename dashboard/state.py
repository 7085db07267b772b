"""Every session-state and query-parameter key, named only here.

The URL holds what a colleague needs to see the same picture (run, stack, layer, pooling, method,
colour, filter); the session holds what would be too long for it (selected rows per run).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from analysis.report.text import LANGUAGES

RUN: Final = "run"
STACK: Final = "stack"
LAYER: Final = "layer"
POOLING: Final = "pooling"
METHOD: Final = "method"
COLOUR: Final = "colour"
CELL: Final = "cell"
GUIDE: Final = "guide"
TOUR: Final = "tour"  # number of the station, while the tour is on
OTHER: Final = "other"  # the run to compare with
LANGUAGE: Final = "lang"  # not among QUERY_KEYS: another run does not change the language
FILTER: Final = "filter"  # which samples the map shows, as `dashboard.filters` writes it
HOLDS: Final = "holds"  # text that a shown sample holds
VIEW: Final = "view"  # name of a saved view
QUERY_KEYS: Final = (
    *(RUN, STACK, LAYER, POOLING, METHOD, COLOUR, CELL, OTHER, GUIDE),
    *(FILTER, HOLDS, VIEW),
)

_REMEMBERED: Final = "kenshin_remembered"  # query values, for links that lost them
_SELECTED: Final = "kenshin_selected"  # run_id -> selected rows
_PAST: Final = "kenshin_past_selections"  # run_id -> earlier selections, the newest last
UNDO_STEPS: Final = 50
_WISHES: Final = "kenshin_wishes"  # counts what Python, not the pointer, changed on the map
_LOOK: Final = "kenshin_look"  # run_id -> zoom, axes, camera, contours and words of its map
_LOOKS: Final = "kenshin_looks"  # counts the looks that Python asks for
_OPENED: Final = "kenshin_opened_view"  # run_id and name of the saved view last opened


@dataclass(frozen=True)
class View:
    """Which picture of which run is on screen; empty strings where nothing was chosen yet."""

    run: str
    stack: str
    layer: str
    pooling: str
    method: str
    colour: str


def get(key: str) -> str:
    """Value of a query parameter; the last one of this session when the URL has none."""
    value = st.query_params.get(key)
    if value is not None:
        _memory()[key] = value
        return value
    return _memory().get(key, "")


def put(key: str, value: str) -> None:
    """Write a query parameter, and remember it for this session."""
    _memory()[key] = value
    if value:
        if st.query_params.get(key) != value:
            st.query_params[key] = value
    elif key in st.query_params:
        del st.query_params[key]


def in_url(key: str) -> bool:
    """Whether the URL itself gives a value, not only this session's memory."""
    return key in st.query_params


def view() -> View:
    """The view that the URL (or this session) names."""
    return View(get(RUN), get(STACK), get(LAYER), get(POOLING), get(METHOD), get(COLOUR))


def choose(key: str, options: Sequence[str], default: str = "") -> str:
    """The valid value of `key`: from the URL if it is an option, else the default."""
    value = get(key)
    if value in options:
        return value
    if default in options:
        return default
    return options[0] if options else ""


def link_params() -> dict[str, str]:
    """Query parameters that links between the screens carry along."""
    kept = {key: get(key) for key in QUERY_KEYS if get(key) and key not in (CELL, OTHER, GUIDE)}
    return kept | _language_param()


def run_link(run_id: str) -> dict[str, str]:
    """Query parameters of a link to another run."""
    return {RUN: run_id} | _language_param()


def language() -> str:
    """The language that the URL (or this session) names; English outside of a page."""
    if get_script_run_ctx(suppress_warning=True) is None:
        return LANGUAGES[0]
    return choose(LANGUAGE, LANGUAGES)


def params_in(other: str) -> dict[str, str]:
    """All query parameters of this page, for the same view in another language."""
    kept = {key: value for key, value in st.query_params.items() if key != LANGUAGE}
    return kept if other == LANGUAGES[0] else kept | {LANGUAGE: other}


def _language_param() -> dict[str, str]:
    return {LANGUAGE: language()} if language() != LANGUAGES[0] else {}


def tour_stop(last: int) -> int:
    """Station of the tour that the URL names, 1 to `last`; 0 when no tour is on."""
    value = st.query_params.get(TOUR, "")
    return int(value) if value.isdecimal() and 1 <= int(value) <= last else 0


def open_run(run_id: str) -> None:
    """Turn to another run; what was chosen inside the old one no longer applies."""
    if run_id != get(RUN):
        for key in QUERY_KEYS:
            put(key, "")
    put(RUN, run_id)


def selected(run_id: str) -> tuple[int, ...]:
    """Selected rows of the run's samples, ascending."""
    return st.session_state.get(_SELECTED, {}).get(run_id, ())


def select(run_id: str, rows: Iterable[int], *, from_map: bool = False) -> None:
    """Replace the selection; a map that did not make it is told to draw it."""
    chosen = tuple(sorted({int(row) for row in rows}))
    before = selected(run_id)
    if chosen != before:
        past = st.session_state.setdefault(_PAST, {}).setdefault(run_id, [])
        past.append(before)
        del past[:-UNDO_STEPS]
    st.session_state.setdefault(_SELECTED, {})[run_id] = chosen
    if not from_map:
        wish()


def can_undo(run_id: str) -> bool:
    """Whether an earlier selection of the run is remembered."""
    return bool(st.session_state.get(_PAST, {}).get(run_id))


def undo(run_id: str) -> None:
    """Go back to the selection before the last change."""
    past = st.session_state.get(_PAST, {}).get(run_id)
    if past:
        st.session_state.setdefault(_SELECTED, {})[run_id] = past.pop()
        wish()


def wish() -> None:
    """Ask the map to follow Python's idea of layer and selection."""
    st.session_state[_WISHES] = wishes() + 1


def wishes() -> int:
    """How often Python changed what the map shows."""
    return int(st.session_state.get(_WISHES, 0))


def look(run_id: str) -> dict[str, Any]:
    """How the run's map is looked at: what the map last told, or a saved view asked for."""
    return dict(st.session_state.get(_LOOK, {}).get(run_id, {}))


def put_look(run_id: str, values: Mapping[str, Any], *, from_map: bool = False) -> None:
    """Remember how a map is looked at; a map that did not say so itself is told."""
    st.session_state.setdefault(_LOOK, {})[run_id] = dict(values)
    if not from_map:
        st.session_state[_LOOKS] = looks() + 1


def forget_zoom() -> None:
    """Show every map whole again: a zoom means nothing on a map of another kind."""
    for run_id, values in st.session_state.get(_LOOK, {}).items():
        put_look(run_id, {name: value for name, value in values.items() if name != "zoom"})


def looks() -> int:
    """How often Python asked for another look."""
    return int(st.session_state.get(_LOOKS, 0))


def opened_view() -> tuple[str, str]:
    """run_id and name of the saved view that this session opened last; empty without."""
    return st.session_state.get(_OPENED, ("", ""))


def put_opened_view(run_id: str, name: str) -> None:
    """Remember that a saved view was opened, so that the URL does not open it again."""
    st.session_state[_OPENED] = (run_id, name)


def theme() -> str:
    """The browser's theme: "light" or "dark"."""
    return "dark" if st.context.theme.type == "dark" else "light"


def _memory() -> dict[str, str]:
    return st.session_state.setdefault(_REMEMBERED, {})
