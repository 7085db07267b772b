"""Page config and navigation, nothing else."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

# A picture of our own: Streamlit fetches its icon names from a font server.
ICON = Path(__file__).parent / "components" / "assets" / "icon.svg"
st.set_page_config(page_title="Kenshin", page_icon=str(ICON), layout="wide")

# Hidden: our own links carry the run and the view along, Streamlit's would drop them.
st.navigation(
    [
        st.Page("views/overview.py", title="Overview", url_path="overview", default=True),
        st.Page("views/embeddings.py", title="Embeddings", url_path="embeddings"),
        st.Page("views/attention.py", title="Attention", url_path="attention"),
        st.Page("views/anomalies.py", title="Anomalies", url_path="anomalies"),
    ],
    position="hidden",
).run()
