"""The same charts as plotly figures: interactive on a screen, or pictures through a browser."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from analysis.report.charts.marks import (
    Axis,
    Band,
    Bars,
    Chart,
    Heat,
    Level,
    Line,
    Mark,
    Points,
)
from analysis.report.layout import styled
from analysis.report.palette import theme
from analysis.report.safe import escape_hover

FONT = "DejaVu Sans, IPAexGothic, Arial, sans-serif"  # those that matplotlib draws with


def figure_of(chart: Chart, theme_name: str, size: tuple[int, int] | None = None) -> go.Figure:
    """The plotly figure of a chart.

    Args:
        chart: what to draw.
        theme_name: "light" or "dark".
        size: pixels (width, height); None for the chart's own.
    """
    width, height = size or (chart.width, chart.height)
    figure = make_subplots(
        rows=1,
        cols=len(chart.panels),
        subplot_titles=[escape_hover(panel.title) for panel in chart.panels],
        horizontal_spacing=0.08,
    )
    named: set[str] = set()
    styled(figure, theme_name, height)
    for column, panel in enumerate(chart.panels, start=1):
        for mark in panel.marks:
            _add(figure, mark, column, named, theme_name)
        figure.update_xaxes(**_axis(panel.x), col=column)
        figure.update_yaxes(**_axis(panel.y), col=column)
    figure.update_layout(
        width=width,
        barmode="overlay",
        font={"family": FONT},
        legend={"y": -0.14, "yanchor": "top"},
        margin={"t": 34},
    )
    figure.update_annotations(font={"size": 13, "color": theme(theme_name).muted, "family": FONT})
    return figure


def _axis(wanted: Axis) -> dict[str, Any]:
    found: dict[str, Any] = {"title_text": wanted.title, "showticklabels": wanted.numbers}
    if wanted.limits is not None:
        found["range"] = list(wanted.limits)
    if wanted.ticks is not None:
        found["tickvals"] = list(wanted.ticks)
    if wanted.labels is not None:
        found["ticktext"] = [escape_hover(label) for label in wanted.labels]
    return found


def _add(figure: go.Figure, mark: Mark, column: int, named: set[str], theme_name: str) -> None:
    if isinstance(mark, Level):
        line = {"color": mark.colour, "width": 1.2, "dash": "dot"}
        if mark.x is not None:
            figure.add_vline(x=mark.x, line=line, col=column, row=1)
        else:
            figure.add_hline(y=mark.y, line=line, col=column, row=1)
        return
    if isinstance(mark, Heat):
        figure.add_trace(_heat(mark), row=1, col=column)
        figure.update_xaxes(type="category", col=column)
        figure.update_yaxes(type="category", col=column)
        return
    legend = {
        "name": escape_hover(mark.name),
        "legendgroup": mark.name,
        "showlegend": mark.name not in named,
    }
    named.add(mark.name)
    for trace in _traces(mark, theme_name):
        trace.update(legend if trace.showlegend is not False else {"legendgroup": mark.name})
        figure.add_trace(trace, row=1, col=column)


def _traces(mark: Points | Line | Band | Bars, theme_name: str) -> list[Any]:
    if isinstance(mark, Points):
        marker = {"color": mark.colour, "symbol": mark.symbol, "size": 5, "opacity": 0.75}
        return [go.Scatter(x=mark.x, y=mark.y, mode="markers", marker=marker)]
    if isinstance(mark, Line):
        line = {"color": mark.colour, "dash": "dash" if mark.dashed else "solid"}
        marker = {"symbol": mark.symbol, "size": 8}
        return [go.Scatter(x=mark.x, y=mark.y, mode="lines+markers", line=line, marker=marker)]
    if isinstance(mark, Band):
        hidden = {"x": mark.x, "mode": "lines", "line": {"width": 0}}
        return [
            go.Scatter(y=mark.low, showlegend=False, **hidden),
            go.Scatter(y=mark.high, fill="tonexty", fillcolor=mark.colour, **hidden),
        ]
    return [_bars(mark, theme_name)]


def _bars(mark: Bars, theme_name: str) -> go.Bar:
    reach = None
    if mark.low is not None and mark.high is not None:
        reach = {
            "type": "data",
            "symmetric": False,
            "array": np.clip(mark.high - mark.height, 0, None),
            "arrayminus": np.clip(mark.height - mark.low, 0, None),
            "color": theme(theme_name).text,
            "thickness": 1,
        }
    return go.Bar(
        x=mark.x,
        y=mark.height,
        width=mark.width,
        marker={"color": mark.colour, "line": {"width": 0}},
        error_y=reach,
        text=[escape_hover(text) for text in mark.text] or None,
        textposition="outside",
        cliponaxis=False,
    )


def _heat(mark: Heat) -> go.Heatmap:
    return go.Heatmap(
        z=mark.values,
        x=[escape_hover(name) for name in mark.columns],
        y=[escape_hover(name) for name in mark.rows],
        zmin=mark.low,
        zmax=mark.high,
        colorscale=[list(stop) for stop in mark.scale],
        xgap=2,
        ygap=2,
        colorbar={"tickvals": [mark.low, mark.high], "ticktext": list(mark.ends)},
    )
