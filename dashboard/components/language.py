"""The choice of language, kept in the URL and in the session."""

from __future__ import annotations

from typing import Final

import streamlit as st

from dashboard import state
from dashboard.text import language, say

WIDGET: Final = "kenshin_language"
# Each in its own language: whoever cannot read the present one finds the way back.
NAMES: Final = {"en": "English", "ja": "日本語"}


def language_choice() -> None:
    """Draw it; a language that only the session knows goes back into the URL."""
    present = language()
    state.put(state.LANGUAGE, "" if present == state.LANGUAGES[0] else present)
    st.session_state[WIDGET] = present
    st.segmented_control(
        say("Language"),
        list(NAMES),
        key=WIDGET,
        required=True,
        format_func=NAMES.__getitem__,
        on_change=_changed,
        label_visibility="collapsed",
        width="stretch",
    )


def _changed() -> None:
    chosen = st.session_state[WIDGET]
    state.put(state.LANGUAGE, "" if chosen == state.LANGUAGES[0] else chosen)
