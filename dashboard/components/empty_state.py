"""What a screen says before there is anything on it."""

from __future__ import annotations

import streamlit as st


def empty_state(purpose: str) -> None:
    """Say what the screen is for and offer the one way to begin."""
    with st.container(border=True):
        st.markdown(purpose)
        st.markdown("There is no finished inspection in this runs folder yet.")
        st.page_link(
            "views/overview.py", label="Start one on the overview", icon=":material/play_arrow:"
        )
