"""Page config and navigation, nothing else."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from dashboard import state
from dashboard.components.account import door
from dashboard.pages import PAGES
from dashboard.text import say

# A picture of our own: Streamlit fetches its icon names from a font server.
ICON = Path(__file__).parent / "components" / "assets" / "icon.svg"
st.set_page_config(page_title="Kenshin", page_icon=str(ICON), layout="wide")


def _again() -> None:
    st.switch_page(PAGES[0].path)


# Hidden: our own links carry the run and the view along, Streamlit's would drop them.
chosen = st.navigation(
    [
        st.Page(PAGES[0].path, title=say(PAGES[0].title), url_path="start", default=True),
        *(st.Page(page.path, title=say(page.title), url_path=page.address) for page in PAGES[1:]),
        # The default page answers at "/" only; /overview, typed by hand, is no error either.
        st.Page(_again, title=say(PAGES[0].title), url_path=PAGES[0].address),
    ],
    position="hidden",
)
door()
state.arrive()
chosen.run()
state.drawn()
