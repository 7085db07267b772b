"""How the scores of all samples are distributed, and what a threshold would flag."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from analysis.report.layout import styled
from analysis.report.palette import FLAGGED, theme


@dataclass(frozen=True)
class Flagging:
    """What a threshold does to a ranking."""

    flagged: int
    total: int
    expected_false: float | None  # None without probabilities


def flagging(ranking: pd.DataFrame, threshold: float) -> Flagging:
    """Samples at or above `threshold` and the false alarms to expect among them.

    The expectation is the sum of (1 - probability) over the flagged samples, where
    probability is the calibrated one of the ranking.

    Args:
        ranking: columns score and, where calibrated, probability.
        threshold: in units of score.
    """
    above = ranking["score"].to_numpy() >= threshold
    expected: float | None = None
    if "probability" in ranking and ranking["probability"].notna().all():
        expected = float((1.0 - ranking["probability"].to_numpy(dtype=np.float64)[above]).sum())
    return Flagging(int(above.sum()), len(ranking), expected)


def default_threshold(ranking: pd.DataFrame) -> float:
    """The lowest score that the run itself flagged; above the top when it flagged nothing."""
    flagged = ranking.loc[ranking["flagged"].astype(bool), "score"]
    if flagged.empty:
        top = float(ranking["score"].max())
        return top + abs(top) * 1e-6 + 1e-9
    return float(flagged.min())


def score_histogram(
    ranking: pd.DataFrame, threshold: float, theme_name: str = "light", bins: int = 60
) -> go.Figure:
    """All scores in grey, those at or above the threshold in vermilion, counts on a root axis.

    The vertical axis is the square root of the count: a few hundred poisoned samples stay visible
    beside thousands of clean ones, and a count of zero still has a place (unlike on a log axis).
    """
    scores = ranking["score"].to_numpy(dtype=np.float64)
    low, high = float(scores.min()), float(scores.max())
    edges = np.linspace(low, high if high > low else low + 1.0, bins + 1)
    above = scores >= threshold
    figure = go.Figure()
    chosen = theme(theme_name)
    for name, members, colour in (
        ("below the threshold", ~above, chosen.band),
        ("flagged", above, FLAGGED),
    ):
        counts, _ = np.histogram(scores[members], edges)
        figure.add_trace(
            go.Bar(
                x=(edges[:-1] + edges[1:]) / 2,
                y=np.sqrt(counts),
                customdata=counts,
                name=name,
                marker={"color": colour, "line": {"width": 0}},
                hovertemplate="%{customdata} samples near score %{x:.3g}<extra>"
                + name
                + "</extra>",
            )
        )
    figure.add_vline(x=threshold, line={"color": chosen.text, "width": 1.5, "dash": "dot"})
    styled(figure, theme_name, 220)
    tops = [1, 10, 100, 1000, 10_000, 100_000]
    figure.update_layout(barmode="stack", bargap=0.04)
    figure.update_yaxes(tickvals=np.sqrt(tops), ticktext=[f"{t:,}" for t in tops], title="samples")
    figure.update_xaxes(title="score, higher is more suspicious", showgrid=False)
    return figure
