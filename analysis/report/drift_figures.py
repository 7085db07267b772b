"""Drift of each layer against the baseline, for one check and over time."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from analysis.report.layout import styled
from analysis.report.palette import FLAGGED, SUSPECT, heat_scale, theme
from analysis.report.text.spoken import say


def drift_by_layer(rows: pd.DataFrame, level: float, theme_name: str = "light") -> go.Figure:
    """Energy distance per layer over the band that chance gives; alerts in vermilion.

    Args:
        rows: `drift` table of one pooling.
        level: adjusted p-value from which a layer is an alert.
        theme_name: "light" or "dark".
    """
    ordered = rows.sort_values(["stack", "layer"], ascending=[False, True])
    names = layer_names(ordered)
    alert = (ordered["p_adjusted"] <= level).to_list()
    figure = go.Figure()
    figure.add_trace(
        go.Bar(
            x=names,
            y=ordered["null_high"],
            name=say("95 % of what chance gives"),
            marker={"color": theme(theme_name).band},
        )
    )
    figure.add_trace(
        go.Scatter(
            x=names,
            y=ordered["distance"],
            mode="markers",
            name=say("distance to the baseline"),
            marker={
                "size": 11,
                "color": [FLAGGED if each else SUSPECT for each in alert],
                "symbol": ["star" if each else "diamond" for each in alert],
            },
            text=[say("adjusted p {p}", p=f"{p:.3g}") for p in ordered["p_adjusted"]],
            hovertemplate="%{x}: %{y:.3g}, %{text}<extra></extra>",
        )
    )
    styled(figure, theme_name, 300)
    figure.update_xaxes(type="category", title_text=say("layer"))
    figure.update_yaxes(title_text=say("energy distance"))
    return figure


def drift_timeline(
    checks: Sequence[tuple[str, pd.DataFrame]], theme_name: str = "light"
) -> go.Figure:
    """Checks across, layers down; colour is the distance over what chance gives.

    Args:
        checks: label and `drift` table (one pooling) of each check, oldest first.
        theme_name: "light" or "dark".
    """
    columns = {
        label: dict(
            zip(layer_names(rows), rows["distance"] / rows["null_high"].clip(1e-9), strict=True)
        )
        for label, rows in checks
    }
    names = list(dict.fromkeys(name for values in columns.values() for name in values))
    figure = go.Figure(
        go.Heatmap(
            z=[[values.get(name) for values in columns.values()] for name in names],
            x=list(columns),
            y=names,
            zmin=1.0,
            zmax=6.0,
            colorscale=heat_scale(theme_name),
            xgap=2,
            ygap=2,
            colorbar={"title": say("times chance"), "thickness": 8, "outlinewidth": 0},
            hovertemplate="%{x}<br>" + say("layer %{y}: %{z:.2f} times chance") + "<extra></extra>",
        )
    )
    styled(figure, theme_name, 120 + 26 * max(1, len(names)))
    figure.update_xaxes(type="category")
    figure.update_yaxes(type="category", autorange="reversed")
    return figure


def layer_names(rows: pd.DataFrame) -> list[str]:
    """Such as "2" and, for the decoder, "d2"."""
    pairs = zip(rows["stack"], rows["layer"], strict=True)
    return [f"d{layer}" if stack == "decoder" else str(layer) for stack, layer in pairs]
