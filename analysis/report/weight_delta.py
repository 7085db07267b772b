"""Where a removal changed the weights: layer by matrix, relative to what was there."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from analysis.report.layout import styled
from analysis.report.palette import difference_scale, theme

# parts of tensor names that say where, not what; the layer has its own column
_PLUMBING = frozenset(
    ("self", "dense", "layer", "block", "embeddings", "encoder", "decoder")
    + ("roberta", "transformer")
)


def matrix_name(tensor: str) -> str:
    """A matrix in two words: "attention.self.query.weight" -> "attention query"."""
    parts = tensor.removesuffix(".weight").split(".")
    told = [part for part in parts if part not in _PLUMBING and not part.isdigit()]
    return " ".join((told or parts)[-2:]).replace("_", " ")


def matrices_only(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of the `weights` table without biases and norms, named by `matrix_name`."""
    names = table["matrix"].astype(str)
    small = names.str.endswith(".bias") | names.str.contains("norm", case=False)
    kept = table[~small]
    return kept.assign(matrix=[matrix_name(name) for name in kept["matrix"].astype(str)])


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
            zmin=0,  # both ends, or plotly fits the scale to the values
            zmax=float(grid.max().max()) or 1.0,
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
