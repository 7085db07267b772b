"""The style of every page: our own rules over Streamlit's, and Japanese glyphs."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from dashboard.components.typeface import japanese_typeface
from dashboard.text import language

ASSETS = Path(__file__).parent / "assets"
PAGE = f"<style>{(ASSETS / 'page.css').read_text('utf-8')}</style>"
OF_LANGUAGE = {"ja": f"<style>{(ASSETS / 'page_ja.css').read_text('utf-8')}</style>"}


def page_style() -> None:
    """Send it; once per page, also to those who have not logged in."""
    st.html(PAGE + OF_LANGUAGE.get(language(), ""))
    japanese_typeface()
