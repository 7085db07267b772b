"""Every query parameter, named only here, and this session's memory of them.

The URL holds what a colleague needs to see the same picture (run, stack, layer, pooling, method,
colour, filter); what would be too long for it is in `dashboard.map_state`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

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
VIEWER: Final = "viewer"  # what draws the map: Kenshin or Embedding Atlas
MODEL: Final = "model"  # whose map Embedding Atlas shows; Kenshin's shows all of them
QUERY_KEYS: Final = (
    *(RUN, STACK, LAYER, POOLING, METHOD, COLOUR, CELL, OTHER, GUIDE),
    *(FILTER, HOLDS, VIEW, VIEWER, MODEL),
)

_REMEMBERED: Final = "kenshin_remembered"  # query values, for links that lost them


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


def theme() -> str:
    """The browser's theme: "light" or "dark"."""
    return "dark" if st.context.theme.type == "dark" else "light"


def _memory() -> dict[str, str]:
    return st.session_state.setdefault(_REMEMBERED, {})
