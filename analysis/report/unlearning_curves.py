"""A removal while it happens: ASR down to the floor, accuracy inside its budget, loss.

Figures come from guard samples; between two looks at them a history row holds only its loss.
"""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from analysis.report.layout import styled
from analysis.report.palette import FLAGGED, REFERENCE, UNLEARNED, theme
from analysis.report.text.spoken import say, term

BUDGET = 0.01  # the default of `kenshin unlearn`
TITLES = (term("ASR on guard samples"), term("Clean accuracy on guard samples"), term("Loss"))


def last_attempt(history: pd.DataFrame) -> pd.DataFrame:
    """Rows of the attempt that began last; every attempt begins again at its first step."""
    starts = history.index[history["step"].diff().fillna(-1) < 0]
    return history.loc[starts[-1] :] if len(starts) else history


def unlearning_curves(history: pd.DataFrame, theme_name: str, budget: float = BUDGET) -> go.Figure:
    """Three panels over the steps of one attempt.

    Args:
        history: rows of one attempt, from `last_attempt`.
        theme_name: "light" or "dark".
        budget: clean accuracy that a checkpoint may lose.
    """
    chosen = theme(theme_name)
    figure = make_subplots(rows=1, cols=3, subplot_titles=[say(title) for title in TITLES])
    looks = history.dropna(subset=["accuracy"])
    _shares(figure, looks, "asr", FLAGGED, 1)
    _shares(figure, looks, "accuracy", REFERENCE, 2)
    losses = history.dropna(subset=["loss"])
    line = {"color": UNLEARNED, "width": 1.5}
    figure.add_trace(
        go.Scatter(x=losses["step"], y=losses["loss"], line=line, name=say("loss")), row=1, col=3
    )
    styled(figure, theme_name, 300)
    figure.update_annotations(font={"size": 13, "color": chosen.muted})
    figure.update_layout(showlegend=False, margin={"t": 44, "l": 8, "r": 8, "b": 8})
    last = float(history["step"].max()) if len(history) else 0.0
    figure.update_xaxes(title_text=say("step"), range=[-0.5, max(10.0, last) + 0.5])
    figure.update_yaxes(range=[-0.03, 1.05], row=1, col=1)
    _floor(figure, looks, chosen.muted)
    if len(looks):
        start = float(looks["accuracy"].iloc[0])
        band = {"fillcolor": chosen.band, "opacity": 0.6, "line_width": 0, "layer": "below"}
        figure.add_hrect(start - budget, start + budget, row=1, col=2, **band)
        figure.update_yaxes(range=_around(looks["accuracy"], start, budget), row=1, col=2)
    return figure


def _shares(figure: go.Figure, looks: pd.DataFrame, name: str, colour: str, column: int) -> None:
    kept = looks["kept"] if "kept" in looks else pd.Series(False, index=looks.index)
    sizes = [12 if best else 7 for best in kept.fillna(False)]
    figure.add_trace(
        go.Scatter(
            x=looks["step"],
            y=looks[name],
            mode="lines+markers",
            name=say("ASR") if name == "asr" else say(name),
            line={"color": colour, "width": 2},
            marker={"color": colour, "size": sizes},
            hovertemplate=say("%{y:.3g} at step %{x}") + "<extra></extra>",
        ),
        row=1,
        col=column,
    )


def _floor(figure: go.Figure, looks: pd.DataFrame, colour: str) -> None:
    floors = looks["floor"].dropna() if "floor" in looks else pd.Series(dtype=float)
    if floors.empty:
        return
    figure.add_hline(
        float(floors.iloc[-1]),
        row=1,
        col=1,
        line={"color": colour, "dash": "dot"},
        annotation={"text": say("natural floor"), "font": {"size": 11, "color": colour}},
    )


def _around(accuracy: pd.Series, start: float, budget: float) -> list[float]:
    """A scale that shows the band and every look, at least ten points high."""
    low = min(float(accuracy.min()), start - 2 * budget)
    high = max(float(accuracy.max()), start + 2 * budget)
    room = max(0.0, 0.1 - (high - low)) / 2
    return [max(0.0, low - room - 0.01), min(1.02, high + room + 0.01)]
