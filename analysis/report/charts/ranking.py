"""The scores of all samples with the threshold of the run."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.report.charts.marks import Axis, Bars, Chart, Level, Missing, Panel
from analysis.report.palette import FLAGGED, theme
from analysis.report.ranking import default_threshold
from analysis.report.text import Words
from analysis.report.words import count

BINS = 50
COUNTS = (1, 10, 100, 1_000, 10_000, 100_000)


def ranking_chart(ranking: pd.DataFrame | None, words: Words, theme_name: str) -> Chart | Missing:
    """Counts on a root axis: few poisoned samples stay visible beside thousands of clean ones.

    Args:
        ranking: columns score and flagged.
        words: the language.
        theme_name: "light" or "dark".
    """
    title = words("chart.ranking.name")
    if ranking is None or ranking.empty:
        return Missing("ranking", title, words("chart.ranking.missing"))
    scores = ranking["score"].to_numpy(dtype=np.float64)
    flagged = ranking["flagged"].to_numpy(dtype=bool)
    threshold = default_threshold(ranking)
    edges = _edges(float(scores.min()), float(scores.max()), threshold)
    centres, width = (edges[:-1] + edges[1:]) / 2, float(edges[1] - edges[0]) * 0.94
    bars = []
    for members, name, colour in (
        (~flagged, words("chart.ranking.below"), theme(theme_name).muted),
        (flagged, words("chart.map.flagged"), FLAGGED),
    ):
        heights, _ = np.histogram(scores[members], edges)
        bars.append(Bars(centres, np.sqrt(heights), name, colour, width))
    line = Level(words("chart.ranking.threshold"), theme(theme_name).text, x=threshold)
    top = max(float(bar.height.max()) for bar in bars)
    ticks = tuple(n for n in COUNTS if n**0.5 <= top * 1.05)
    panel = Panel(
        (*bars, line),
        x=Axis(words("chart.ranking.x")),
        y=Axis(
            words("chart.ranking.y"),
            ticks=tuple(n**0.5 for n in ticks),
            labels=tuple(count(n) for n in ticks),
        ),
    )
    values = {"flagged": count(int(flagged.sum())), "total": count(len(ranking))}
    alt = words("chart.ranking.alt", **values)
    return Chart("ranking", words("chart.ranking.title", **values), alt, (panel,), 900, 320)


def _edges(low: float, high: float, threshold: float) -> np.ndarray:
    """About `BINS` equal bins, (b + 1,) float64, one edge at the threshold where it lies inside."""
    width = (high - low) / BINS if high > low else 1.0
    anchor = threshold if low < threshold <= high else low
    first = anchor - np.ceil((anchor - low) / width + 1e-9) * width
    count = int(np.ceil((high - first) / width + 1e-9))
    edges: np.ndarray = first + width * np.arange(count + 1)
    return edges
