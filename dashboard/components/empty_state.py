"""What a screen says before there is anything on it, and short notes that survive a rerun."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dashboard import state
from dashboard.text import say

NOTICE = "kenshin_notice"


def empty_state(purpose: str, kinds: Sequence[str] = ("inspect",)) -> None:
    """Say what the screen is for and offer the one way to begin.

    Args:
        purpose: of the screen.
        kinds: of run it shows; a screen of scans has its own form below.
    """
    with st.container(border=True):
        st.markdown(purpose)
        if "scan" in kinds:
            st.markdown(say("No data file has been scanned in this runs folder yet."))
            return
        st.markdown(say("There is no finished inspection in this runs folder yet."))
        begin_link()


def begin_link() -> None:
    """The way to the first inspection."""
    st.page_link(
        "views/overview.py",
        label=say("Start one on the overview"),
        icon=":material/play_arrow:",
        query_params=state.link_params(),
    )


def notice(text: str) -> None:
    """Keep a short note for the next drawing of the page."""
    st.session_state[NOTICE] = text


def show_notice() -> None:
    """Show the kept note once."""
    text = st.session_state.pop(NOTICE, None)
    if text:
        st.toast(text, icon=":material/check_circle:")
