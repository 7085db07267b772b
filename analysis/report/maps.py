"""Both models' maps of one layer on one pair of axes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from analysis.report.layout import panel_title, styled
from analysis.report.safe import hover_code


@dataclass(frozen=True)
class PointGroup:
    """Points that share a meaning: one colour, one symbol, one legend entry."""

    name: str
    colour: str
    symbol: str
    members: np.ndarray  # (m,) bool over the drawn points


def scatter_pair(
    coordinates: Mapping[str, np.ndarray],
    groups: Sequence[PointGroup],
    texts: Sequence[str],
    theme_name: str = "light",
    height: int = 460,
) -> go.Figure:
    """One panel per model, left to right, with shared ranges and shared colours.

    Args:
        coordinates: model name -> (m, 2) float32, same points in the same order.
        groups: how the points are split into colours; each point in at most one group.
        texts: the m sample texts; hovering shows their first lines, escaped.
        theme_name: "light" or "dark".
        height: pixels.
    """
    models = list(coordinates)
    figure = make_subplots(
        rows=1, cols=len(models), shared_xaxes="all", shared_yaxes="all", horizontal_spacing=0.02
    )
    hover = np.array([hover_code(text) for text in texts], dtype=object)
    for column, model in enumerate(models, start=1):
        points = coordinates[model]
        for group in groups:
            figure.add_trace(
                _trace(points[group.members], group, hover[group.members], column == 1),
                row=1,
                col=column,
            )
    styled(figure, theme_name, height)
    low, high = shared_range(list(coordinates.values()))
    figure.update_xaxes(range=[low[0], high[0]], showticklabels=False)
    figure.update_yaxes(range=[low[1], high[1]], showticklabels=False)
    for column, model in enumerate(models):
        figure.add_annotation(**panel_title(model, theme_name, column, len(models)))
    figure.update_layout(legend={"y": -0.02, "yanchor": "top"}, margin={"t": 28})
    return figure


def _trace(
    points: np.ndarray, group: PointGroup, hover: np.ndarray, in_legend: bool
) -> go.Scattergl:
    return go.Scattergl(
        x=points[:, 0],
        y=points[:, 1],
        mode="markers",
        name=group.name,
        legendgroup=group.name,
        showlegend=in_legend,
        marker={"color": group.colour, "symbol": group.symbol, "size": 6, "opacity": 0.75},
        text=hover,
        hovertemplate="%{text}<extra>" + group.name + "</extra>",
    )


def shared_range(clouds: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest corner over every cloud, (2,) float64 each, with 4 % of air around."""
    every = np.concatenate([np.asarray(cloud, dtype=np.float64) for cloud in clouds])
    every = every[np.isfinite(every).all(axis=1)]
    if not len(every):
        return np.zeros(2), np.ones(2)
    low, high = every.min(axis=0), every.max(axis=0)
    air = np.maximum((high - low) * 0.04, 1e-6)
    return low - air, high + air
