"""Every query parameter, named only here, and this session's memory of them.

The URL holds what a colleague needs to see the same picture (run, stack, layer, pooling, method,
colour, filter); what would be too long for it is in `dashboard.map_state`.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
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
VIEWER: Final = "viewer"  # what draws the map: Kenshin or Embedding Atlas
MODEL: Final = "model"  # whose map Embedding Atlas shows; Kenshin's shows all of them
QUERY_KEYS: Final = (
    *(RUN, STACK, LAYER, POOLING, METHOD, COLOUR, CELL, OTHER, GUIDE),
    *(FILTER, HOLDS, VIEW, VIEWER, MODEL),
)

CARRIED: Final = tuple(key for key in QUERY_KEYS if key not in (CELL, OTHER, GUIDE))  # by links
JUST_NOW: Final = 1.5  # seconds in which a request may still bring the URL before a choice

_REMEMBERED: Final = "kenshin_remembered"  # query values, for links that lost them
_CHANGED: Final = "kenshin_changed"  # when a query value was last changed, time.monotonic
_LINKS: Final = "kenshin_links"  # page on which the links were drawn, and what they carry
_PAGE: Final = "kenshin_page"  # page that the last drawing began
_DRAWN: Final = "kenshin_drawn"  # widgets whose value this page has shown in a whole drawing
_DRAWING: Final = "kenshin_drawing"  # the same, for the drawing under way


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
    _keep_choices()
    value = st.query_params.get(key)
    if value is not None:
        _memory()[key] = value
        return value
    return _memory().get(key, "")


def put(key: str, value: str) -> None:
    """Write a query parameter, and remember it for this session."""
    _keep_choices()
    if _memory().get(key, "") != value:
        st.session_state[_CHANGED] = time.monotonic()
    _memory()[key] = value
    if value:
        if st.query_params.get(key) != value:
            st.query_params[key] = value
    elif key in st.query_params:
        del st.query_params[key]


def show_in(widget: str, value: Any, words: str = "") -> None:
    """Let the widget of this key show `value`, which it calls `words` where these may change.

    Nothing is sent where it shows it already: the browser would take it for news, and undo a
    choice that the user makes while the page is drawn. A page that is just entered shows nothing
    yet, whatever the session remembers: after a step back a widget would stay empty. And the
    browser knows a choice by its words alone: under new ones the old choice would be no option.
    """
    st.session_state.setdefault(_DRAWING, set()).add((widget, words))
    shown = (widget, words) in st.session_state.get(_DRAWN, ()) and widget in st.session_state
    if not shown or st.session_state[widget] != value:
        st.session_state[widget] = value


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
    kept = {key: get(key) for key in CARRIED if get(key)}
    return kept | _language_param()


def links_drawn() -> None:
    """Remember what the links between the screens carry, as they stand on this page now."""
    st.session_state[_LINKS] = (_page(), link_params())


def arrive() -> None:
    """Bring the URL and this session's memory together, before a page is drawn."""
    st.session_state[_DRAWING] = set()
    if st.session_state.get(_PAGE) == _page():
        _follow_steps()
        return
    st.session_state[_PAGE] = _page()
    st.session_state[_DRAWN] = set()
    _enter()


def drawn() -> None:
    """The whole page is drawn: its widgets show what they were given."""
    st.session_state[_DRAWN] = st.session_state.get(_DRAWING, set())


def _enter() -> None:
    """Take along what was chosen, on arrival at another screen.

    A part of a screen that is drawn anew leaves the links beside it as they were, and some links
    carry nothing: what was chosen would be lost on the way. Another run begins afresh.
    """
    _, carried = st.session_state.get(_LINKS, ("", {}))
    run = st.query_params.get(RUN, "")
    if run not in ("", carried.get(RUN, ""), _memory().get(RUN, "")):
        for key in CARRIED:
            _memory()[key] = st.query_params.get(key, "")
        return
    for key in CARRIED:
        value, found = _memory().get(key, ""), st.query_params.get(key, "")
        if value != found and found in ("", carried.get(key, "")):
            put(key, value)


def _follow_steps() -> None:
    """Forget what the URL no longer holds: the reader went a step back in the browser.

    Unless it was chosen just now: then the request was on its way before the browser knew.
    """
    early = time.monotonic() - st.session_state.get(_CHANGED, 0.0) < JUST_NOW
    for key in CARRIED:
        if key not in st.query_params:
            put(key, _memory().get(key, "") if early else "")


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


def _keep_choices() -> None:
    """While only a part of the screen is drawn anew, what was chosen is newer than the URL.

    The browser may have sent its wish before it heard of the choice before it; a step back in its
    history, which does bring an older URL, draws the whole screen.
    """
    context = get_script_run_ctx(suppress_warning=True)
    if context is None or not context.fragment_ids_this_run:
        return
    for key, value in _memory().items():
        if value and st.query_params.get(key) != value:
            st.query_params[key] = value
        elif not value and key in st.query_params:
            del st.query_params[key]


def _page() -> str:
    context = get_script_run_ctx(suppress_warning=True)
    return "" if context is None else str(context.page_script_hash)


def _memory() -> dict[str, str]:
    return st.session_state.setdefault(_REMEMBERED, {})
