"""Chart 2: one statistic per layer, both models over the band of the clean ones."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis.report.charts.marks import Axis, Band, Chart, Heat, Line, Missing, Panel
from analysis.report.layers import TOP, band_excess, layer_peaks
from analysis.report.palette import MODEL_COLOURS, MODEL_SYMBOLS, heat_scale, theme
from analysis.report.text import Words
from analysis.report.text.spoken import say

DIRECTION = "located_direction"
SUBJECTS = ("suspect", "unlearned", "reference")


class Chosen(NamedTuple):
    """The statistic that the chart shows."""

    detector: str
    statistic: str


def choose_statistic(layers: pd.DataFrame) -> Chosen | None:
    """The clearest statistic of the suspect that has a clean band.

    Where text was located, the direction that separates its samples; else the statistic that
    rises highest over its band. None without any band.

    Args:
        layers: rows of one pooling.
    """
    suspect = layers[(layers["model"] == "suspect") & layers["null_high"].notna()]
    if suspect.empty:
        return None
    direct = suspect[suspect["detector"] == DIRECTION]
    if not direct.empty:
        return Chosen(DIRECTION, str(direct["statistic"].iloc[0]))
    peaks = layer_peaks(suspect)
    best = str(peaks["detector"].iloc[int(peaks["excess"].argmax())])
    rows = suspect[suspect["detector"] == best].assign(excess=band_excess)
    return Chosen(best, str(rows["statistic"].iloc[int(rows["excess"].argmax())]))


def layer_chart(layers: pd.DataFrame | None, words: Words, theme_name: str) -> Chart | Missing:
    """Suspect, unlearned and reference per layer over the grey band.

    Args:
        layers: rows of one pooling; a re-inspected model has the name "unlearned".
        words: the language.
        theme_name: "light" or "dark".
    """
    title = words("chart.layers.name")
    if layers is None or layers.empty:
        return Missing("layers", title, words("chart.layers.missing"))
    chosen = choose_statistic(layers)
    if chosen is None:
        return Missing("layers", title, words("chart.layers.no_band"))
    rows = layers[
        (layers["detector"] == chosen.detector) & (layers["statistic"] == chosen.statistic)
    ]
    rows = rows.assign(
        column=[_tick(s, n) for s, n in zip(rows["stack"], rows["layer"], strict=True)]
    )
    order = _order(rows)
    place = {name: index for index, name in enumerate(order)}
    suspect = _strongest(rows[rows["model"] == "suspect"], place)
    band = Band(
        suspect["place"].to_numpy(dtype=np.float64),
        suspect["null_low"].to_numpy(dtype=np.float64),
        suspect["null_high"].to_numpy(dtype=np.float64),
        words("chart.layers.band"),
        theme(theme_name).band,
    )
    lines = [
        _line(_strongest(rows[rows["model"] == model], place), model, words)
        for model in SUBJECTS
        if (rows["model"] == model).any()
    ]
    name = _statistic_name(chosen, words)
    ticks = tuple(float(index) for index in range(len(order)))
    axis = Axis(words("chart.layers.x"), (-0.4, len(order) - 0.6), ticks, tuple(order))
    panel = Panel((band, *reversed(lines)), x=axis, y=Axis(_short_name(chosen, words)))
    alt = words("chart.layers.alt", statistic=name)
    return Chart("layers", words("chart.layers.title", statistic=name), alt, (panel,), 620, 340)


def _statistic_name(chosen: Chosen, words: Words) -> str:
    detector = say(chosen.detector.replace("_", " "))
    if chosen.detector == DIRECTION:
        return words("statistic.direction_auc")
    name = _short_name(chosen, words)
    return words("chart.layers.statistic", detector=detector, statistic=name)


def _short_name(chosen: Chosen, words: Words) -> str:
    """For the axis: the title of the chart has the whole name."""
    if chosen.detector == DIRECTION:
        return words("statistic.auc")
    key = f"statistic.{chosen.statistic}"
    return words(key) if words.has(key) else chosen.statistic.replace("_", " ")


def _tick(stack: str, layer: int) -> str:
    return f"d{layer}" if stack == "decoder" else str(layer)


def _order(rows: pd.DataFrame) -> list[str]:
    keyed = rows.drop_duplicates("column").assign(late=lambda d: d["stack"] != "encoder")
    return keyed.sort_values(["late", "layer"])["column"].to_list()


def _strongest(rows: pd.DataFrame, place: dict[str, int]) -> pd.DataFrame:
    """Of several predicted classes per layer, that with most located rows, then highest value."""
    located = rows["n_located"] if "n_located" in rows else pd.Series(0, rows.index)
    keyed = rows.assign(place=rows["column"].map(place), located=located)
    best = keyed.sort_values(["located", "value"], kind="stable").drop_duplicates(
        "column", keep="last"
    )
    return best.sort_values("place")


def _line(rows: pd.DataFrame, model: str, words: Words) -> Line:
    return Line(
        rows["place"].to_numpy(dtype=np.float64),
        rows["value"].to_numpy(dtype=np.float64),
        words(f"role.{model}"),
        MODEL_COLOURS[model],
        MODEL_SYMBOLS[model],
        dashed=model == "reference",
    )


def detector_chart(layers: pd.DataFrame | None, words: Words, theme_name: str) -> Chart | Missing:
    """Every detector at every layer: the distance above the clean band, of the suspect.

    Args:
        layers: rows of one pooling.
        words: the language.
        theme_name: "light" or "dark".
    """
    title = words("chart.detectors.name")
    if layers is None or layers.empty:
        return Missing("detectors", title, words("chart.layers.missing"))
    rated = layers[layers["model"] == "suspect"].assign(excess=band_excess)
    rated = rated.dropna(subset=["excess"])
    if rated.empty:
        return Missing("detectors", title, words("chart.layers.no_band"))
    rated["column"] = [_tick(s, n) for s, n in zip(rated["stack"], rated["layer"], strict=True)]
    grid = rated.pivot_table(
        index="detector", columns="column", values="excess", aggfunc="max", observed=True
    ).reindex(columns=_order(rated))
    grid = grid.loc[grid.max(axis=1).sort_values().index]
    heat = Heat(
        np.clip(grid.to_numpy(dtype=np.float64), 1.0, TOP),
        tuple(say(str(name).replace("_", " ")) for name in grid.index),
        tuple(str(name) for name in grid.columns),
        heat_scale(theme_name),
        1.0,
        TOP,
        (words("chart.detectors.inside"), words("chart.detectors.above")),
    )
    panel = Panel((heat,), x=Axis(words("chart.layers.x")))
    height = 130 + 32 * len(grid)
    return Chart("detectors", title, words("chart.detectors.alt"), (panel,), 900, height)
