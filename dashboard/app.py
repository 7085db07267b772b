"""Page config and navigation, nothing else."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from dashboard.pages import PAGES

# A picture of our own: Streamlit fetches its icon names from a font server.
ICON = Path(__file__).parent / "components" / "assets" / "icon.svg"
st.set_page_config(page_title="Kenshin", page_icon=str(ICON), layout="wide")

# Hidden: our own links carry the run and the view along, Streamlit's would drop them.
st.navigation(
    [
        st.Page(page.path, title=page.title, url_path=page.address, default=page is PAGES[0])
        for page in PAGES
    ],
    position="hidden",
).run()
