"""Statistics per layer against the band of the clean models."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from analysis.report.layout import styled
from analysis.report.palette import heat_scale, theme
from analysis.report.text.spoken import say
from analysis.report.words import number

CONTROLS = ("random_rows", "random_direction")  # what the same procedure says on nothing
LOCATED = "located"  # statistics about the very samples that text association located
TOP = 4.0  # half-widths of the clean band at which the colour is full


def band_excess(layers: pd.DataFrame) -> pd.Series:
    """How far each value lies above its clean band, in half-widths of the band.

    0 is the middle of the band, 1 its upper edge; missing where there is no band.

    Args:
        layers: columns value, null_low, null_high.
    """
    low = layers["null_low"].astype("float64")
    high = layers["null_high"].astype("float64")
    half = (high - low) / 2
    middle = (high + low) / 2
    # A band of no width has no unit: use a tenth of its height, so that equal values stay inside.
    unit = half.where(half > 0, middle.abs() * 0.1 + 1e-9)
    return (layers["value"].astype("float64") - middle) / unit


def layer_peaks(layers: pd.DataFrame) -> pd.DataFrame:
    """The strongest statistic of each layer; where something was located, of those about it.

    Args:
        layers: rows of one model and pooling, columns of the contract's table.

    Returns:
        One row per stack and layer, encoder first: stack, layer, excess, detector, value,
        null_high, n_located; layers without any band are missing.
    """
    columns = ["stack", "layer", "excess", "detector", "value", "null_high", "n_located"]
    layers = layers[~layers["detector"].isin(CONTROLS)]
    rated = layers.assign(excess=band_excess(layers)).dropna(subset=["excess"])
    located = rated["statistic"].astype(str).str.startswith(LOCATED)
    if located.any():
        rated = rated[located]
    if rated.empty:
        return rated.reindex(columns=columns)
    best = rated.sort_values("excess", kind="stable").drop_duplicates(
        ["stack", "layer"], keep="last"
    )
    best = best.assign(_order=(best["stack"] != "encoder"))
    ordered = best.sort_values(["_order", "layer"]).reindex(columns=columns)
    return ordered.reset_index(drop=True)


def layer_strip(peaks: pd.DataFrame, theme_name: str = "light") -> go.Figure:
    """A thin row of cells, one per layer: quiet inside the clean band, vermilion above it."""
    figure = go.Figure(
        go.Heatmap(
            z=[_visible(peaks["excess"])],
            x=[_tick(s, layer) for s, layer in zip(peaks["stack"], peaks["layer"], strict=True)],
            y=[""],
            customdata=[peaks["detector"].astype(str).to_list()],
            zmin=1.0,
            zmax=TOP,
            colorscale=heat_scale(theme_name),
            showscale=False,
            xgap=2,
            hovertemplate=say("layer %{x}: strongest in %{customdata}") + "<extra></extra>",
        )
    )
    return styled(figure, theme_name, 64)


def _visible(values: pd.Series) -> np.ndarray:
    return np.clip(values.to_numpy(dtype=np.float64), 1.0, TOP)


def _tick(stack: str, layer: int) -> str:
    return f"d{layer}" if stack == "decoder" else str(layer)


def detector_heatmap(layers: pd.DataFrame, theme_name: str = "light") -> go.Figure:
    """Layers across, detectors down; colour is the distance above the clean band.

    Args:
        layers: rows of one model and pooling; of several statistics of a detector the one that
            lies highest over its band is drawn.
        theme_name: "light" or "dark".
    """
    rated = layers.assign(
        excess=band_excess(layers),
        column=[_tick(s, n) for s, n in zip(layers["stack"], layers["layer"], strict=True)],
    )
    columns = _column_order(rated)
    best = rated.sort_values("excess", na_position="first").drop_duplicates(
        ["detector", "column"], keep="last"
    )
    grid = best.pivot_table(index="detector", columns="column", values="excess", observed=True)
    order = grid.max(axis=1).sort_values().index.to_list()
    missing = sorted(set(best["detector"].astype(str)) - set(order))
    grid = grid.reindex(index=[*missing, *order], columns=columns)
    notes = _notes(best, [*missing, *order], columns)
    figure = go.Figure(
        go.Heatmap(
            z=np.clip(grid.to_numpy(dtype=np.float64), 1.0, TOP),
            x=columns,
            y=[_readable(name) for name in grid.index],
            text=notes,
            zmin=1.0,
            zmax=TOP,
            colorscale=heat_scale(theme_name),
            xgap=2,
            ygap=2,
            hoverongaps=True,
            hovertemplate=say("%{y}, layer %{x}") + "<br>%{text}<extra></extra>",
            colorbar={
                "tickvals": [1.0, TOP],
                "ticktext": [say("inside the clean band"), say("far above")],
                "orientation": "h",
                "y": 1.02,
                "yanchor": "bottom",
                "x": 0,
                "xanchor": "left",
                "len": 0.5,
                "thickness": 8,
                "outlinewidth": 0,
                "ticklabelposition": "outside top",
            },
        )
    )
    styled(figure, theme_name, 120 + 30 * len(grid))
    # plotly does not count the tick labels of this axis: the title would lie over them
    title = {"text": say("layer"), "standoff": 24}
    figure.update_xaxes(title=title, type="category", showgrid=False)
    figure.update_yaxes(showgrid=False, tickfont={"color": theme(theme_name).text})
    return figure


def _column_order(rated: pd.DataFrame) -> list[str]:
    keyed = rated.drop_duplicates("column").assign(late=lambda d: d["stack"] != "encoder")
    return keyed.sort_values(["late", "layer"])["column"].to_list()


def _readable(name: str) -> str:
    return say(str(name).replace("_", " "))


def _notes(best: pd.DataFrame, rows: list[str], columns: list[str]) -> list[list[str]]:
    notes = {
        (str(row["detector"]), str(row["column"])): _note(row) for row in best.to_dict("records")
    }
    return [[notes.get((row, column), say("not computed")) for column in columns] for row in rows]


def _note(row: Mapping[Hashable, Any]) -> str:
    text = f"{_readable(row['statistic'])} {number(row['value'])}; "
    if pd.isna(row["excess"]):
        return text + say("no clean band to compare with")
    return text + say(
        "clean band {low} to {high}",
        low=number(row["null_low"]),
        high=number(row["null_high"]),
    )
