"""Distances between the attention weights of two models, beside a clean-clean pair."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.report.charts.marks import Axis, Chart, Heat, Missing, Panel
from analysis.report.palette import difference_scale
from analysis.report.text import Words
from analysis.report.weights import pair_grid
from analysis.report.words import number

MEASURE = "effect_size"


def weights_chart(table: pd.DataFrame | None, words: Words, theme_name: str) -> Chart | Missing:
    """Layers down, Q, K and V across; both pairs on one colour scale.

    Args:
        table: the contract's attention table.
        words: the language.
        theme_name: "light" or "dark".
    """
    title = words("chart.weights.name")
    if table is None or MEASURE not in table:
        return Missing("weights", title, words("chart.weights.missing"))
    grids = []
    for stack in sorted(table["stack"].unique(), reverse=True):
        for model in ("suspect", "control"):
            grid = pair_grid(table, model, MEASURE, str(stack))
            if not grid.empty:
                grids.append((str(stack), model, grid))
    if not any(model == "suspect" for _, model, _ in grids):
        return Missing("weights", title, words("chart.weights.missing"))
    top = max(float(np.nanmax(grid.to_numpy())) for *_, grid in grids) or 1.0
    several = table["stack"].nunique() > 1
    panels = tuple(
        Panel(
            (_heat(grid, top, theme_name),),
            title=_title(stack if several else "", model, words),
            y=Axis(words("evidence.layer.layer") if index == 0 else ""),
        )
        for index, (stack, model, grid) in enumerate(grids)
    )
    height = 150 + 26 * max(len(grid) for *_, grid in grids)
    alt = words("chart.weights.alt")
    return Chart("weights", title, alt, panels, 460 * max(len(panels), 2), height)


def _title(stack: str, model: str, words: Words) -> str:
    name = words(f"chart.weights.{model}")
    return f"{stack}: {name}" if stack else name


def _heat(grid: pd.DataFrame, top: float, theme_name: str) -> Heat:
    return Heat(
        grid.to_numpy(dtype=np.float64),
        tuple(str(layer) for layer in grid.index),
        tuple(str(name).replace(" weight", " w").replace(" bias", " b") for name in grid.columns),
        difference_scale(theme_name),
        0.0,
        top,
        ("0", number(top)),
    )
