"""Quantiles of one matrix against those of the reference: straight where two models agree."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from analysis.report.layout import styled
from analysis.report.palette import MODEL_COLOURS, UNKNOWN, theme
from analysis.report.text.spoken import say, term
from analysis.report.words import model_word

NAMES = (
    term("smallest"),
    *("1 %", "5 %", "25 %"),
    term("median"),
    *("75 %", "95 %", "99 %"),
    term("largest"),
)
SYMBOLS = {"suspect": "circle", "control": "diamond-open", "unlearned": "square"}


def quantile_plot(rows: pd.DataFrame, theme_name: str = "light") -> go.Figure | None:
    """Each model's quantiles over the reference's, with the line of equal distributions.

    Args:
        rows: from `weights.cell_rows`; the columns model and quantiles are read.
        theme_name: "light" or "dark".

    Returns:
        None where there is no reference to compare with.
    """
    known = {str(row["model"]): _values(row["quantiles"]) for row in rows.to_dict("records")}
    base = known.pop("reference", None)
    if base is None or not known:
        return None
    figure = go.Figure()
    ends = [float(base.min()), float(base.max())]
    line = {"color": theme(theme_name).muted, "width": 1, "dash": "dot"}
    figure.add_trace(
        go.Scatter(x=ends, y=ends, mode="lines", line=line, name=say("equal"), hoverinfo="skip")
    )
    for model, values in known.items():
        kind = model.partition("-")[0]
        figure.add_trace(
            go.Scatter(
                x=base,
                y=values,
                mode="markers",
                name=model_word(model),
                text=[say(name) for name in NAMES],
                marker={
                    "color": MODEL_COLOURS.get(kind, UNKNOWN),
                    "symbol": SYMBOLS.get(kind, "circle"),
                    "size": 9,
                },
                hovertemplate=say("%{text}: %{y:.3g}, reference %{x:.3g}")
                + f"<extra>{model_word(model)}</extra>",
            )
        )
    styled(figure, theme_name, 300)
    figure.update_xaxes(title_text=say("quantile of the reference"))
    figure.update_yaxes(title_text=say("quantile of the model"))
    return figure


def _values(quantiles: object) -> np.ndarray:
    return np.asarray(quantiles, dtype=np.float64)
