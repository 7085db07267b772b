"""How the scores of all samples are distributed, and what a threshold would flag."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from analysis.report.layout import styled
from analysis.report.palette import FLAGGED, theme
from analysis.report.text.spoken import say


@dataclass(frozen=True)
class Flagging:
    """What a threshold does to a ranking."""

    flagged: int
    total: int
    expected_false: float  # from the tail of the rows without a located trigger


def flagging(ranking: pd.DataFrame, threshold: float) -> Flagging:
    """Samples at or above `threshold` and the false alarms to expect among them.

    The expectation is that of `detect.ranking`, which chose the run's own threshold so that it is
    about one: the scores of the rows without a located trigger, with an exponential tail beyond
    their 90 % point whose rate comes from the 97.5 % point.

    Args:
        ranking: column score and, where something was located, trigger_start and trigger_end.
        threshold: in units of score.
    """
    scores = ranking["score"].to_numpy(dtype=np.float64)
    usual = scores[~_located(ranking)]
    flagged = int((scores >= threshold).sum())
    return Flagging(flagged, len(ranking), len(ranking) * _tail_share(usual, threshold))


def _located(ranking: pd.DataFrame) -> np.ndarray:
    if "trigger_end" not in ranking:
        return np.zeros(len(ranking), dtype=bool)
    found: np.ndarray = (ranking["trigger_end"] > ranking["trigger_start"]).to_numpy(dtype=bool)
    return found


def _tail_share(scores: np.ndarray, threshold: float) -> float:
    """Share of chance scores at or above `threshold`; 0 with fewer than two scores."""
    if len(scores) < 2:
        return 0.0
    body, upper = np.quantile(scores, [0.9, 0.975])
    if threshold < body:
        return float((scores >= threshold).mean())
    scale = max(float(upper - body), 1e-3) / math.log(4.0)
    return 0.1 * math.exp(-(threshold - float(body)) / scale)


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
    edges = _edges(low, high, threshold, bins)
    above = scores >= threshold
    figure = go.Figure()
    chosen = theme(theme_name)
    for name, members, colour in (
        (say("below the threshold"), ~above, chosen.band),
        (say("flagged"), above, FLAGGED),
    ):
        counts, _ = np.histogram(scores[members], edges)
        figure.add_trace(
            go.Bar(
                x=(edges[:-1] + edges[1:]) / 2,
                width=np.diff(edges) * 0.94,
                y=np.sqrt(counts),
                customdata=counts,
                name=name,
                marker={"color": colour, "line": {"width": 0}},
                hovertemplate=say("%{customdata} samples near score %{x:.3g}")
                + "<extra>"
                + name
                + "</extra>",
            )
        )
    figure.add_vline(x=threshold, line={"color": chosen.text, "width": 1.5, "dash": "dot"})
    styled(figure, theme_name, 220)
    tops = [1, 10, 100, 1000, 10_000, 100_000]
    figure.update_layout(barmode="stack")
    figure.update_yaxes(
        tickvals=np.sqrt(tops), ticktext=[f"{t:,}" for t in tops], title_text=say("samples")
    )
    figure.update_xaxes(title_text=say("score, higher is more suspicious"), showgrid=False)
    return figure


def _edges(low: float, high: float, threshold: float, bins: int) -> np.ndarray:
    """About `bins` equal bins over the scores, (b + 1,) float64, with an edge at the threshold."""
    width = (high - low) / bins if high > low else 1.0
    anchor = threshold if low < threshold <= high else low
    first = anchor - math.ceil((anchor - low) / width + 1e-9) * width
    count = math.ceil((high - first) / width + 1e-9)
    return first + width * np.arange(count + 1)
