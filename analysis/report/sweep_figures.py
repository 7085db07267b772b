"""What forgetting costs: a grid of settings as heatmaps, and several models in one trade-off."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from analysis.report.layout import styled
from analysis.report.palette import (
    CLASS_COLOURS,
    CLASS_SYMBOLS,
    FLAGGED,
    REFERENCE,
    theme,
)
from analysis.report.text.spoken import say, term
from analysis.report.words import number
from analysis.unlearn.sweep_price import REMOVED, gentlest


class Shown(NamedTuple):
    """One of the figures a heatmap can show."""

    column: str
    title: str
    limit: float  # both ends of the colour scale; 0 is its middle


SHOWN = (
    Shown("excess_asr", term("Excess ASR left"), 1.0),
    Shown("accuracy_change", term("Change of clean accuracy"), 0.2),
)


def at_moment(table: pd.DataFrame, step: int | None) -> pd.DataFrame:
    """One row per setting: the look at `step`, the last one where it is None.

    A setting that ended before `step` stands with its last look.
    """
    rows = table if step is None else table[table["step"] <= step]
    return rows.sort_values("step").groupby("cell", as_index=False).last()


def sweep_heatmap(
    table: pd.DataFrame, shown: Shown, strength_means: str, theme_name: str
) -> go.Figure:
    """Strengths as rows, learning rates as columns, the figure in every cell.

    Args:
        table: one row per setting, of one batch size (see `at_moment`).
        shown: what to draw; its scale is the same for every model, so that grids compare.
        strength_means: what the strength is.
        theme_name: "light" or "dark".
    """
    grid = table.pivot(index="strength", columns="learning_rate", values=shown.column)
    grid = grid.sort_index().sort_index(axis=1)
    values = grid.to_numpy(dtype=float)
    paper = theme(theme_name).low
    ends = (FLAGGED, REFERENCE) if shown.column == "accuracy_change" else (REFERENCE, FLAGGED)
    figure = go.Figure(
        go.Heatmap(
            z=values,
            x=[f"{rate:g}" for rate in grid.columns],
            y=[f"{strength:g}" for strength in grid.index],
            zmin=-shown.limit,
            zmax=shown.limit,
            colorscale=[[0.0, ends[0]], [0.5, paper], [1.0, ends[1]]],
            text=[["" if np.isnan(v) else f"{v:+.2f}" for v in row] for row in values],
            texttemplate="%{text}",
            xgap=2,
            ygap=2,
            hovertemplate=(
                f"{strength_means} %{{y}}, {say('learning rate')} %{{x}}: %{{z:+.3f}}"
                "<extra></extra>"
            ),
            colorbar={"thickness": 10, "outlinewidth": 0, "tickfont": {"size": 11}},
        )
    )
    styled(figure, theme_name, 110 + 34 * len(grid))
    figure.update_xaxes(type="category", title_text=say("learning rate"))
    figure.update_yaxes(type="category", title_text=strength_means)
    return figure


def trade_off(tables: Mapping[str, pd.DataFrame], theme_name: str) -> go.Figure:
    """Every look of every setting: accuracy lost against excess ASR left, one colour per model.

    The line of a model joins the looks that no other beats in both: the more gently it forgets,
    the closer the line runs to the left edge.

    Args:
        tables: label -> `sweep` table.
        theme_name: "light" or "dark".
    """
    figure = go.Figure()
    for index, (label, table) in enumerate(tables.items()):
        rows = table.dropna(subset=["excess_asr"])
        colour = CLASS_COLOURS[index % len(CLASS_COLOURS)]
        figure.add_scatter(
            x=-100 * rows["accuracy_change"],
            y=rows["excess_asr"],
            mode="markers",
            name=label,
            legendgroup=label,
            marker={
                "color": colour,
                "symbol": CLASS_SYMBOLS[index % len(CLASS_SYMBOLS)],
                "size": 7,
                "opacity": 0.55,
            },
            customdata=rows[["strength", "learning_rate", "batch_size", "step"]],
            hovertemplate=(
                f"{label}<br>%{{x:.1f}} / %{{y:+.3f}}<br>"
                "strength %{customdata[0]:g}, rate %{customdata[1]:g}, batch %{customdata[2]}, "
                "step %{customdata[3]}<extra></extra>"
            ),
        )
        best = frontier(rows)
        figure.add_scatter(
            x=-100 * best["accuracy_change"],
            y=best["excess_asr"],
            mode="lines",
            line={"color": colour, "width": 2, "shape": "hv"},
            legendgroup=label,
            showlegend=False,
            hoverinfo="skip",
        )
    styled(figure, theme_name, 380)
    figure.add_hrect(
        y0=-REMOVED, y1=REMOVED, fillcolor=theme(theme_name).band, opacity=0.5, line_width=0
    )
    figure.update_xaxes(title_text=say("clean accuracy lost, points"))
    figure.update_yaxes(title_text=say("excess ASR left"))
    # plotly measures names before the page's font is there and would cut long ones
    figure.update_layout(legend={"entrywidth": 0.48, "entrywidthmode": "fraction"})
    return figure


def frontier(table: pd.DataFrame) -> pd.DataFrame:
    """The looks that no other beats in accuracy and in the size of the excess ASR, by accuracy."""
    left = table.assign(left=table["excess_asr"].abs())
    ordered = left.sort_values(["accuracy_change", "left"], ascending=[False, True])
    best = ordered["left"].cummin()
    return ordered[(ordered["left"] <= best) & ~ordered["left"].duplicated()]


def price(table: pd.DataFrame) -> float | None:
    """Accuracy lost (share) by the gentlest look at which the trigger means nothing any more.

    None where no look gets there without inverting the trigger.
    """
    best = gentlest(table.to_dict("records"))
    return None if best is None else -float(best["accuracy_change"])


def sweep_sentence(tables: Mapping[str, pd.DataFrame]) -> str:
    """What the grids say, in one line."""
    prices = {label: price(table) for label, table in tables.items()}
    known = {label: value for label, value in prices.items() if value is not None}
    if not known:
        return say("No setting takes the trigger's meaning away without inverting it.")
    parts = [
        say("{label}: {lost} points", label=label, lost=number(round(100 * value, 1)))
        for label, value in known.items()
    ]
    parts += [say("{label}: never", label=label) for label in prices if label not in known]
    return say("Accuracy that forgetting costs at best: {prices}.", prices="; ".join(parts))
