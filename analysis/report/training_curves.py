"""Trainings side by side, epoch by epoch: what each loss learned, and how hard poison pulled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from analysis.report.layout import styled
from analysis.report.palette import CLASS_COLOURS, CLASS_SYMBOLS, theme
from analysis.report.text.spoken import say, term

PANELS = {
    "accuracy": term("Clean accuracy"),
    "asr": term("ASR (all victims)"),
    "gradient_norm_poisoned": term("Gradient norm, poisoned"),
    "gradient_norm_clean": term("Gradient norm, clean"),
}
COLUMNS = {
    "loss": "loss",
    "accuracy": "accuracy",
    "asr": "ASR",
    "gradient_norm_poisoned": term("norm, poisoned"),
    "gradient_norm_clean": term("norm, clean"),
}
SHARES = ("accuracy", "asr")


def drawn_panels(histories: Mapping[str, pd.DataFrame]) -> tuple[str, ...]:
    """The columns of `PANELS` that at least one history has values for."""
    return tuple(
        name
        for name in PANELS
        if any(name in h and h[name].notna().any() for h in histories.values())
    )


def training_curves(
    histories: Mapping[str, pd.DataFrame], theme_name: str, floor: float | None = None
) -> go.Figure:
    """One panel per measured figure, one line per training; both gradient panels share a scale.

    Args:
        histories: label -> the run's `history` table.
        theme_name: "light" or "dark".
        floor: natural-flip floor, drawn in the ASR panel.
    """
    panels = drawn_panels(histories)
    figure = make_subplots(
        rows=1, cols=max(1, len(panels)), subplot_titles=[say(PANELS[name]) for name in panels]
    )
    for index, (label, history) in enumerate(histories.items()):
        for column, name in enumerate(panels, start=1):
            if name in history:
                figure.add_trace(_line(history, name, label, index, column == 1), row=1, col=column)
    styled(figure, theme_name, 320)
    figure.update_annotations(font={"size": 13, "color": theme(theme_name).muted})
    figure.update_layout(
        margin={"t": 44, "l": 8, "r": 8, "b": 8}, legend={"y": -0.22, "yanchor": "top"}
    )
    _axes(figure, panels, histories)
    if floor is not None and "asr" in panels:
        line = {"color": theme(theme_name).muted, "dash": "dot"}
        figure.add_hline(floor, row=1, col=panels.index("asr") + 1, line=line)
    return figure


def _line(history: pd.DataFrame, name: str, label: str, index: int, legend: bool) -> go.Scatter:
    colour = CLASS_COLOURS[index % len(CLASS_COLOURS)]
    return go.Scatter(
        x=history["epoch"],
        y=history[name],
        mode="lines+markers",
        name=label,
        legendgroup=label,
        showlegend=legend,
        line={"color": colour, "width": 2},
        marker={"color": colour, "size": 8, "symbol": CLASS_SYMBOLS[index % len(CLASS_SYMBOLS)]},
        hovertemplate=f"{say(PANELS[name])} %{{y:.3g}}<br>"
        + say("epoch %{x}")
        + "<extra>%{fullData.name}</extra>",
    )


def _axes(figure: go.Figure, panels: Sequence[str], histories: Mapping[str, pd.DataFrame]) -> None:
    last = max((int(h["epoch"].max()) for h in histories.values() if len(h)), default=1)
    figure.update_xaxes(title_text=say("epoch"), range=[0.7, last + 0.3], dtick=max(1, last // 6))
    norms = [name for name in panels if name not in SHARES]
    highest = max(
        (h[name].max() for h in histories.values() for name in norms if name in h), default=1.0
    )
    for column, name in enumerate(panels, start=1):
        scale = [-0.03, 1.05] if name in SHARES else [0, 1.08 * (highest or 1.0)]
        figure.update_yaxes(range=scale, row=1, col=column)


def last_epochs(histories: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The last line of every history, readable: one row per training."""
    rows = []
    for label, history in histories.items():
        last = history.iloc[-1]
        row = {"training": label, "epochs": int(last["epoch"])}
        row |= {title: last[name] for name, title in COLUMNS.items() if name in history}
        rows.append(row)
    return pd.DataFrame(rows)
