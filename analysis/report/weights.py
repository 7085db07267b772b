"""Query, key and value weights of two models, beside a clean-clean control on one scale."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from analysis.report.histograms import Histogram, read_histogram
from analysis.report.layout import panel_title, styled
from analysis.report.palette import MODEL_COLOURS, UNKNOWN, difference_scale, theme
from analysis.report.text.spoken import say, term
from analysis.report.words import model_word, number

MATRICES = ("q", "k", "v")
KINDS = ("weight", "bias")


@dataclass(frozen=True)
class Cell:
    """One matrix of one layer, whole or one head."""

    stack: str
    layer: int
    attention: str  # "self" or "cross"
    matrix: str  # "q", "k" or "v"
    kind: str  # "weight" or "bias"

    @property
    def label(self) -> str:
        """The short name drawn on an axis: "Q weight"."""
        cross = "cross " if self.attention == "cross" else ""
        return f"{cross}{self.matrix.upper()} {self.kind}"


def whole_matrices(table: pd.DataFrame) -> pd.DataFrame:
    """The rows about whole matrices (no head)."""
    return table[table["head"].isna()]


def is_control(models: pd.Series) -> pd.Series:
    """Which rows are about clean-clean pairs, "control" and "control-2" and so on."""
    return models.astype(str).str.startswith("control")


def pair_grid(table: pd.DataFrame, model: str, measure: str, stack: str) -> pd.DataFrame:
    """Layers down, matrices across: |measure| of the pair rows of `model`.

    Args:
        table: the contract's attention table.
        model: "suspect" (against the reference) or "control" (clean against clean, the mean over
            the control pairs).
        measure: a column of pair statistics, such as "effect_size".
        stack: "encoder" or "decoder".
    """
    rows = whole_matrices(table)
    of_model = rows["model"] == model
    if model == "control":
        of_model = is_control(rows["model"])
    rows = rows[of_model & (rows["stack"] == stack) & rows[measure].notna()]
    if rows.empty:
        return pd.DataFrame()
    labels = [
        Cell(stack, 0, str(attention), str(matrix), str(kind)).label
        for attention, matrix, kind in zip(
            rows["attention"], rows["matrix"], rows["kind"], strict=True
        )
    ]
    grid = (
        rows.assign(column=labels, strength=rows[measure].abs())
        .pivot_table(index="layer", columns="column", values="strength", aggfunc="mean")
        .sort_index()
    )
    order = [
        f"{cross}{matrix.upper()} {kind}"
        for cross in ("", "cross ")
        for kind in KINDS
        for matrix in MATRICES
    ]
    return grid[[name for name in order if name in grid]]


def weight_heatmaps(
    pair: pd.DataFrame, control: pd.DataFrame, measure: str, theme_name: str = "light"
) -> go.Figure:
    """Suspect against reference, and clean against clean, on the same colour scale.

    Args:
        pair: from `pair_grid`, suspect.
        control: from `pair_grid`, control; empty where no clean pair was given.
        measure: what the colours mean, for the scale's title.
        theme_name: "light" or "dark".
    """
    grids = [(grid, name) for grid, name in ((pair, PAIR), (control, CONTROL)) if not grid.empty]
    top = max((float(np.nanmax(grid.to_numpy())) for grid, _ in grids), default=1.0) or 1.0
    figure = make_subplots(rows=1, cols=len(grids), shared_yaxes=True, horizontal_spacing=0.04)
    for column, (grid, name) in enumerate(grids, start=1):
        figure.add_trace(
            go.Heatmap(
                z=grid.to_numpy(dtype=np.float64),
                x=list(grid.columns),
                y=[str(layer) for layer in grid.index],
                zmin=0.0,
                zmax=top,
                colorscale=difference_scale(theme_name),
                showscale=column == len(grids),
                xgap=2,
                ygap=2,
                name=say(name),
                colorbar=_scale(measure, top),
                hoverinfo="skip",
            ),
            row=1,
            col=column,
        )
        figure.add_trace(_targets(grid, measure, name), row=1, col=column)
    styled(figure, theme_name, 120 + 26 * max(len(pair), len(control), 3))
    figure.update_xaxes(showgrid=False, side="bottom")
    figure.update_yaxes(showgrid=False, autorange="reversed", type="category")
    figure.update_yaxes(title_text=say("layer"), col=1)
    for column, (_, name) in enumerate(grids):
        figure.add_annotation(**panel_title(say(name), theme_name, column, len(grids)))
    figure.update_layout(margin={"t": 30})
    return figure


PAIR = term("suspect against reference")
CONTROL = term("clean against clean (control)")


def _targets(grid: pd.DataFrame, measure: str, pair: str) -> go.Scatter:
    """Unseen points over the cells, which answer to clicks and carry the words of the pointer."""
    places = [(str(name), str(layer)) for layer in grid.index for name in grid.columns]
    return go.Scatter(
        x=[name for name, _ in places],
        y=[layer for _, layer in places],
        mode="markers",
        marker={"size": 22, "symbol": "square", "opacity": 0},
        customdata=grid.to_numpy(dtype=np.float64).ravel(),
        hovertemplate=say("layer %{y}, %{x}")
        + "<br>"
        + say(measure.replace("_", " "))
        + " %{customdata:.3g}<extra>"
        + say(pair)
        + "</extra>",
        showlegend=False,
    )


def _scale(measure: str, top: float) -> dict[str, object]:
    return {
        "title": {"text": say(measure.replace("_", " ")), "side": "right"},
        "tickvals": [0.0, top / 2, top],
        "ticktext": ["0", number(top / 2), number(top)],
        "thickness": 10,
        "outlinewidth": 0,
    }


def cell_rows(table: pd.DataFrame, cell: Cell, head: int | None = None) -> pd.DataFrame:
    """The rows of one cell, one per model; `head` None is the whole matrix."""
    of_head = table["head"].isna() if head is None else table["head"] == head
    return table[
        of_head
        & (table["stack"] == cell.stack)
        & (table["layer"] == cell.layer)
        & (table["attention"] == cell.attention)
        & (table["matrix"] == cell.matrix)
        & (table["kind"] == cell.kind)
    ]


def heads_of(table: pd.DataFrame, cell: Cell) -> list[int]:
    """The heads that have rows of their own in `cell`."""
    rows = table[
        table["head"].notna()
        & (table["stack"] == cell.stack)
        & (table["layer"] == cell.layer)
        & (table["attention"] == cell.attention)
        & (table["matrix"] == cell.matrix)
        & (table["kind"] == cell.kind)
    ]
    return sorted({int(head) for head in rows["head"]})


def overlaid_distributions(rows: pd.DataFrame, theme_name: str = "light") -> go.Figure:
    """The stored histograms of each model, as densities over one another.

    Args:
        rows: from `cell_rows`; the columns model, histogram and its two ends are read.
        theme_name: "light" or "dark".
    """
    figure = go.Figure()
    dashes = {"reference": "solid", "suspect": "dash", "control": "dot", "unlearned": "dashdot"}
    for row in rows.to_dict("records"):
        histogram = read_histogram(row["histogram"], row["histogram_low"], row["histogram_high"])
        if histogram is None:
            continue
        model = str(row["model"])
        figure.add_trace(_outline(model, histogram, dashes.get(model, "dot")))
    styled(figure, theme_name, 300)
    figure.update_xaxes(title_text=say("entry of the matrix"), showgrid=False)
    figure.update_yaxes(title_text=say("density"), showticklabels=False, rangemode="tozero")
    figure.update_traces(hoverlabel={"namelength": -1})
    figure.update_layout(hovermode="x", font={"color": theme(theme_name).text})
    return figure


def _outline(model: str, histogram: Histogram, dash: str) -> go.Scatter:
    colour = MODEL_COLOURS.get(model.partition("-")[0], UNKNOWN)
    return go.Scatter(
        x=histogram.centres,
        y=histogram.density,
        mode="lines",
        name=model_word(model),
        line={"color": colour, "width": 2, "shape": "hvh", "dash": dash},
        fill="tozeroy" if model == "reference" else None,
        fillcolor="rgba(0,114,178,0.12)",
        hovertemplate="%{y:.3g}<extra>" + model_word(model) + "</extra>",
    )
