"""Chart 1: the models' maps of one layer on shared axes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.report.charts.marks import Axis, Chart, Missing, Panel, Points
from analysis.report.maps import shared_range
from analysis.report.palette import CLASS_SYMBOLS, FLAGGED, class_colour
from analysis.report.text import Words
from analysis.report.words import count, number

MOST_CLASSES = 6


@dataclass(frozen=True)
class MapTables:
    """What the map is drawn from; all panels show the same samples.

    Attributes:
        panels: role -> sample_id, x, y of one site and method.
        samples: sample_id, label (or none), flagged.
        trust: role -> trustworthiness of its panel, 0 to 1, or None.
        layer: words for the layer.
        method: "pca", "tsne" or "umap".
        pooling: as in the record.
        total: samples of the run.
    """

    panels: Mapping[str, pd.DataFrame]
    samples: pd.DataFrame
    trust: Mapping[str, float | None]
    layer: str
    method: str
    pooling: str
    total: int


def map_chart(tables: MapTables | None, words: Words) -> Chart | Missing:
    """One panel per model, equal limits, equal colours; says n of N."""
    if tables is None:
        return Missing("map", words("chart.map.name"), words("chart.map.missing"))
    low, high = shared_range([p[["x", "y"]].to_numpy() for p in tables.panels.values()])
    panels = tuple(
        Panel(
            marks=_clouds(frame, tables.samples, words),
            title=_panel_title(role, tables.trust.get(role), words),
            x=Axis(limits=(low[0], high[0]), numbers=False),
            y=Axis(limits=(low[1], high[1]), numbers=False),
        )
        for role, frame in tables.panels.items()
    )
    shown = len(next(iter(tables.panels.values())))
    values = {
        "layer": tables.layer,
        "method": words(f"method.{tables.method}"),
        "pooling": words(f"pooling.{tables.pooling}"),
        "shown": count(shown),
        "total": count(tables.total),
    }
    return Chart(
        "map",
        words("chart.map.title", **values),
        words("chart.map.alt", **values),
        panels,
        width=460 * max(len(panels), 2),
        height=360,
    )


def _panel_title(role: str, trust: float | None, words: Words) -> str:
    name = words(f"role.{role}")
    return name if trust is None else words("chart.map.panel", role=name, trust=number(trust))


def _clouds(frame: pd.DataFrame, samples: pd.DataFrame, words: Words) -> tuple[Points, ...]:
    """Flagged samples last, so that they lie on top; the others by label where there is one."""
    joined = frame.merge(samples, on="sample_id", how="left", sort=False)
    flagged = joined["flagged"].fillna(False).to_numpy(dtype=bool)
    clouds = []
    labels = joined["label"] if "label" in joined else pd.Series(np.nan, joined.index)
    classes = sorted(labels.dropna().unique())
    if not 0 < len(classes) <= MOST_CLASSES:
        clouds.append(
            _cloud(joined[~flagged], words("chart.map.others"), class_colour(0), "circle")
        )
    else:
        for index, label in enumerate(classes):
            rows = joined[(labels == label).to_numpy() & ~flagged]
            name = words("chart.map.label", label=int(label))
            clouds.append(_cloud(rows, name, class_colour(index), CLASS_SYMBOLS[index]))
    if flagged.any():
        clouds.append(_cloud(joined[flagged], words("chart.map.flagged"), FLAGGED, "diamond"))
    return tuple(clouds)


def _cloud(rows: pd.DataFrame, name: str, colour: str, symbol: str) -> Points:
    x, y = rows["x"].to_numpy(dtype=np.float64), rows["y"].to_numpy(dtype=np.float64)
    return Points(x, y, name, colour, symbol)
