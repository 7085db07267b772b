"""Saved views of the map: keep the present one under a name, open one, delete one."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from analysis.errors import KenshinError
from analysis.runs.annotations import MAX_VIEW_NAME, SavedView
from analysis.runs.run import Run
from dashboard import state
from dashboard.components.act_button import act_button
from dashboard.components.empty_state import notice
from dashboard.components.map_controls import MapChoice
from dashboard.saved_views import forget_view, keep_view, open_view, views_of
from dashboard.text import say, told

NAME = "kenshin_view_name"


def view_box(run: Run, choice: MapChoice) -> None:
    """Draw the list and the field; a view comes back with `?run=…&view=NAME`, too."""
    views = views_of(run)
    with st.popover(
        say("Saved views ({n})", n=len(views)),
        icon=":material/bookmark:",
        help=say("Layer, method, pooling, colour, filter, selection, zoom and axes under a name"),
    ):
        for view in views:
            _line(run, view)
        if not views:
            st.caption(say("None yet. Save what you see to find it again or to send its link."))
        st.text_input(
            say("Name of this view"),
            key=NAME,
            max_chars=MAX_VIEW_NAME,
            placeholder=say("for example: the group at layer 2"),
        )
        act_button(
            say("Save this view"),
            icon=":material/bookmark_add:",
            on_click=_keep,
            args=(run, shown_params(choice)),
        )


def shown_params(choice: MapChoice) -> dict[str, str]:
    """Query parameters of what is drawn now."""
    return {
        state.STACK: choice.stack,
        state.LAYER: choice.layer,
        state.POOLING: choice.pooling,
        state.METHOD: choice.method,
        state.COLOUR: choice.colour,
        state.FILTER: state.get(state.FILTER),
        state.HOLDS: state.get(state.HOLDS),
    }


def _line(run: Run, view: SavedView) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            view.name,
            key=f"kenshin_view_open_{view.name}",
            on_click=open_view,
            args=(run, view),
            type="primary" if state.get(state.VIEW) == view.name else "secondary",
            width="stretch",
            help=say("Saved {moment} UTC", moment=view.at[:16].replace("T", " ")),
        )
        act_button(
            say("Delete"),
            key=f"kenshin_view_delete_{view.name}",
            on_click=_forget,
            args=(run, view.name),
            type="tertiary",
            icon=":material/delete:",
        )


def _keep(run: Run, shown: Mapping[str, str]) -> None:
    name = str(st.session_state.get(NAME) or "")
    # The map may have moved to another layer after the page was drawn.
    shown = {**shown, state.LAYER: state.get(state.LAYER) or shown[state.LAYER]}
    try:
        keep_view(run, name, shown)
    except KenshinError as error:
        notice(told(error.message))
        return
    st.session_state[NAME] = ""
    notice(say("View saved; its name is in the address of this page."))


def _forget(run: Run, name: str) -> None:
    try:
        forget_view(run, name)
    except KenshinError as error:
        notice(told(error.message))
