"""Two runs' strongest statistic per layer over the clean band, as two lines."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import plotly.graph_objects as go

from analysis.report.layers import layer_peaks
from analysis.report.layout import styled
from analysis.report.palette import REFERENCE, SUSPECT, theme
from analysis.report.text.spoken import say

SHAPES = (("circle", "solid"), ("diamond", "dash"))


def layer_lines(
    layers: Mapping[str, pd.DataFrame], theme_name: str = "light", second: str = REFERENCE
) -> go.Figure:
    """Lines of `layers.layer_peaks`; 1 is the upper edge of the clean band.

    Args:
        layers: name of the run -> its `layers` rows of one model and pooling; the first two.
        theme_name: "light" or "dark".
        second: colour of the second line, by what that run inspected.
    """
    figure = go.Figure()
    colours = (SUSPECT, second)
    drawn = zip(layers.items(), colours, SHAPES, strict=False)
    for (name, rows), colour, (symbol, dash) in drawn:
        peaks = layer_peaks(rows)
        figure.add_trace(
            go.Scatter(
                x=[_place(s, n) for s, n in zip(peaks["stack"], peaks["layer"], strict=True)],
                y=peaks["excess"],
                customdata=[say(str(each).replace("_", " ")) for each in peaks["detector"]],
                mode="lines+markers",
                name=name,
                line={"color": colour, "dash": dash},
                marker={"symbol": symbol, "size": 9},
                hovertemplate=say("layer %{x}: %{y:.3g} half-widths, %{customdata}"),
            )
        )
    figure.add_hrect(-1, 1, fillcolor=theme(theme_name).band, opacity=0.5, line_width=0)
    styled(figure, theme_name, 280)
    figure.update_xaxes(title_text=say("layer"), type="category", showgrid=False)
    figure.update_yaxes(title_text=say("half-widths from the clean middle"))
    return figure


def _place(stack: object, layer: object) -> str:
    return f"d{layer}" if stack == "decoder" else str(layer)
