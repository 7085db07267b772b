"""A plotly figure with words for screen readers and a way to save it as PNG or SVG."""

from __future__ import annotations

import plotly.graph_objects as go
import streamlit as st

from analysis.report.layout import export_config

FORMATS = {"png": "PNG", "svg": "SVG"}
FORMAT_KEY = "kenshin_chart_format"


def chart(figure: go.Figure, name: str, alt: str) -> None:
    """Draw `figure`; the camera in its corner saves it in the chosen format.

    Args:
        figure: explicit colours and layout; Streamlit's own theme is not laid over it.
        name: for the key and the file name.
        alt: what the chart shows, for those who do not see it.
    """
    kind = st.session_state.get(FORMAT_KEY) or "png"
    st.plotly_chart(
        figure,
        key=f"kenshin_chart_{name}_{kind}",
        theme=None,
        config=export_config(name, kind),
        alt=alt,
        width="stretch",
    )


def chart_format() -> None:
    """The choice between PNG and SVG, once per screen."""
    st.segmented_control(
        "Save charts as",
        list(FORMATS),
        default=st.session_state.get(FORMAT_KEY) or "png",
        required=True,
        format_func=FORMATS.__getitem__,
        key=FORMAT_KEY,
        help="The camera in the corner of a chart saves it in this format.",
    )
