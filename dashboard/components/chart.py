"""A plotly figure with words for screen readers and a way to save it as PNG or SVG."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from analysis.report.layout import export_config
from dashboard.text import language, say, term

FORMATS = {"png": "PNG", "svg": "SVG"}
PLOTLY = (  # texts of plotly.js that a chart of ours can show
    term("Download plot as a PNG"),
    term("Download plot"),
    term("Reset axes"),
    term("Taking snapshot - this may take a few seconds"),
    term("Snapshot succeeded"),
    term("Sorry, there was a problem downloading your snapshot!"),
    term("Double-click to zoom back out"),
    term("Double-click on legend to isolate one trace"),
)
FORMAT_KEY = "kenshin_chart_format"


def chart(
    figure: go.Figure, name: str, alt: str, on_click: Callable[[str, str], None] | None = None
) -> None:
    """Draw `figure`; the camera in its corner saves it in the chosen format.

    Args:
        figure: explicit colours and layout; Streamlit's own theme is not laid over it.
        name: for the key and the file name.
        alt: what the chart shows, for those who do not see it.
        on_click: called with x and y of a clicked point, as text, before the page is drawn anew.
    """
    kind = st.session_state.get(FORMAT_KEY) or "png"
    key = f"kenshin_chart_{name}_{kind}"

    def clicked() -> None:
        points = st.session_state[key]["selection"]["points"]
        if points and on_click is not None:
            on_click(str(points[-1]["x"]), str(points[-1]["y"]))

    st.plotly_chart(
        figure,
        key=key,
        on_select="ignore" if on_click is None else clicked,
        selection_mode="points",
        theme=None,
        config=export_config(name, kind) | _spoken(),
        alt=alt,
        width="stretch",
    )


def _spoken() -> dict[str, Any]:
    """Plotly's own words on the chart in the reader's language; it brings English only."""
    if language() == "en":
        return {}
    words = {text: say(text) for text in PLOTLY}
    return {"locale": language(), "locales": {language(): {"dictionary": words, "format": {}}}}


def chart_format() -> None:
    """The choice between PNG and SVG, once per screen."""
    st.segmented_control(
        say("Save charts as"),
        list(FORMATS),
        default=st.session_state.get(FORMAT_KEY) or "png",
        required=True,
        format_func=FORMATS.__getitem__,
        key=FORMAT_KEY,
        help=say("The camera in the corner of a chart saves it in this format."),
    )
