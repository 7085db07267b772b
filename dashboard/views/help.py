"""The guides: how to begin, how to read an answer, and what an answer leaves open."""

from __future__ import annotations

import streamlit as st

from dashboard import services, state
from dashboard.components.help_text import GUIDES, guide
from dashboard.components.sidebar import sidebar
from dashboard.text import say

with services.problems():
    sidebar()
    _names = list(GUIDES)
    _chosen = st.segmented_control(
        say("Guide"),
        _names,
        default=state.choose(state.GUIDE, _names),
        required=True,
        format_func=lambda name: say(GUIDES[name]),
        label_visibility="collapsed",
    )
    state.put(state.GUIDE, _chosen)
    st.markdown(guide(_chosen))
