"""Saved views of a run's map: what one keeps, and how it comes back, by name or by URL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from analysis.runs.annotations import SavedView, read_views
from analysis.runs.run import Run
from dashboard import actions, map_state, state
from dashboard.look import clean_look

PARAMS = (
    *(state.STACK, state.LAYER, state.POOLING, state.METHOD, state.COLOUR),
    *(state.FILTER, state.HOLDS),
)


def views_of(run: Run) -> tuple[SavedView, ...]:
    """The run's saved views, by name."""
    return read_views(run)


def keep_view(run: Run, name: str, shown: Mapping[str, str]) -> None:
    """Save what is on screen under a name; the same name replaces it.

    Args:
        run: whose view it is.
        name: how to find it again.
        shown: query parameters with the values that are drawn, defaults included.

    Raises:
        RequestError: an empty or overlong name, a run folder that cannot be written, or somebody
            who may only look.
    """
    params = {key: shown.get(key, "") for key in PARAMS}
    rows = list(map_state.selected(run.run_id))
    actions.keep_view(
        run, name, {"params": params, "rows": rows, "look": map_state.look(run.run_id)}
    )
    clean = " ".join(name.split())
    state.put(state.VIEW, clean)
    map_state.put_opened_view(run.run_id, clean)


def forget_view(run: Run, name: str) -> None:
    """Delete a saved view.

    Raises:
        RequestError: the run folder cannot be written, or for somebody who may only look.
    """
    actions.drop_view(run, name)
    if state.get(state.VIEW) == name:
        state.put(state.VIEW, "")


def open_view(run: Run, view: SavedView) -> None:
    """Put a saved view on screen."""
    _apply(run, view, keep_url=False)
    state.put(state.VIEW, view.name)


def open_from_url(run: Run) -> str:
    """Open the view that the URL names, once per session; other parameters in the URL win.

    Returns:
        The name when the run has no such view, else an empty text.
    """
    name = state.get(state.VIEW)
    if not name or map_state.opened_view() == (run.run_id, name):
        return ""
    view = next((each for each in read_views(run) if each.name == name), None)
    if view is None:
        return name
    _apply(run, view, keep_url=True)
    return ""


def _apply(run: Run, view: SavedView, *, keep_url: bool) -> None:
    params, rows, look = (view.state.get(key) for key in ("params", "rows", "look"))
    given: Mapping[str, Any] = params if isinstance(params, Mapping) else {}
    for key in PARAMS:
        if not (keep_url and state.in_url(key)):
            state.put(key, str(given.get(key) or ""))
    listed = rows if isinstance(rows, list) else []
    map_state.select(run.run_id, [row for row in listed if isinstance(row, int) and row >= 0])
    map_state.put_look(run.run_id, clean_look(look if isinstance(look, Mapping) else {}))
    map_state.put_opened_view(run.run_id, view.name)
