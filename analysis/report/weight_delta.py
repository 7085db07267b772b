"""Where a removal changed the weights: layer by matrix, relative to what was there."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from analysis.report.layout import styled
from analysis.report.palette import difference_scale, theme


def weight_delta_heatmap(table: pd.DataFrame, value: str, theme_name: str) -> go.Figure:
    """Rows are matrices, columns layers (embeddings left, head right).

    Args:
        table: columns `place` (layer in words), `matrix` and `value`; one row per matrix.
        value: column to draw; larger is a larger change.
        theme_name: "light" or "dark".
    """
    places = list(dict.fromkeys(table["place"]))
    matrices = list(dict.fromkeys(table["matrix"]))
    grid = table.pivot_table(index="matrix", columns="place", values=value, aggfunc="max")
    grid = grid.reindex(index=matrices, columns=places)
    figure = go.Figure(
        go.Heatmap(
            z=grid.to_numpy(),
            x=places,
            y=matrices,
            colorscale=difference_scale(theme_name),
            zmin=0,
            xgap=2,
            ygap=2,
            hovertemplate="%{y}, %{x}: %{z:.3g}<extra></extra>",
            colorbar={"thickness": 10, "outlinewidth": 0, "tickfont": {"size": 11}},
        )
    )
    styled(figure, theme_name, 80 + 24 * len(matrices))
    figure.update_yaxes(autorange="reversed", gridcolor=theme(theme_name).paper)
    figure.update_xaxes(type="category")
    return figure
