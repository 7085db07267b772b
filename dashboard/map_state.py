"""What is selected on a run's map and how the map is looked at, for as long as a session lasts.

Python and the browser both change it: the counters tell the map which of the two spoke last.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import streamlit as st

_SELECTED: Final = "kenshin_selected"  # run_id -> selected rows
_PAST: Final = "kenshin_past_selections"  # run_id -> earlier selections, the newest last
UNDO_STEPS: Final = 50
_WISHES: Final = "kenshin_wishes"  # counts what Python, not the pointer, changed on the map
_LOOK: Final = "kenshin_look"  # run_id -> zoom, axes, camera, contours and words of its map
_LOOKS: Final = "kenshin_looks"  # counts the looks that Python asks for
_OPENED: Final = "kenshin_opened_view"  # run_id and name of the saved view last opened


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
