"""The choice of language, kept in the URL and in the session."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

import streamlit as st

from dashboard import state
from dashboard.text import language, say

# Each in its own language: whoever cannot read the present one finds the way back.
NAMES: Final = {"en": "English", "ja": "日本語"}

ASSETS = Path(__file__).parent / "assets"
_address = st.components.v2.component(
    "kenshin_address", js=(ASSETS / "address.js").read_text("utf-8")
)


def language_choice() -> None:
    """Draw it; a language that only the session knows goes back into the URL.

    Links that load the page anew, not a widget: Streamlit knows what is chosen in a list by its
    words, and those that the browser still holds would fit no option in the other language.
    """
    present = language()
    state.put(state.LANGUAGE, "" if present == state.LANGUAGES[0] else present)
    links = " ".join(_link(name, present) for name in NAMES)
    st.html(f'<nav class="k-languages" aria-label="{escape(say("Language"))}">{links}</nav>')
    _address(height=1, key="kenshin_address")


def _link(name: str, present: str) -> str:
    current = ' aria-current="true"' if name == present else ""
    href = escape(f"?{urlencode(state.params_in(name))}")
    return f'<a href="{href}" lang="{name}"{current}>{NAMES[name]}</a>'
