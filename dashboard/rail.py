"""One entry of the layer rail per layer: how far it leaves the clean band, and map quality."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis.report.layers import TOP, layer_peaks
from analysis.report.palette import theme as palette_theme
from analysis.report.quality import MapQuality, Panel, map_quality
from analysis.report.words import number, shown
from dashboard.text import say, term, told

if TYPE_CHECKING:
    from dashboard.payload import MapSource

HINTS = {
    "trustworthiness": term("Share of map neighbours that are neighbours in the data, too"),
    "continuity": term("Share of data neighbours that stay neighbours on the map"),
    "stability": term("Agreement of the map between random seeds"),
}
WORDS = {
    "trustworthiness": term("trust"),
    "continuity": term("continuity"),
    "stability": term("stability"),
}


def peaks_of(source: MapSource, model: str) -> pd.DataFrame:
    """Strongest statistic per layer of `model` for the source's stack and pooling."""
    rows = source.layers
    if rows.empty:
        return pd.DataFrame(columns=["stack", "layer", "excess", "detector"])
    chosen = (
        (rows["model"] == model)
        & (rows["stack"] == source.stack)
        & (rows["pooling"] == source.pooling)
    )
    return layer_peaks(rows[chosen])


def layer_entries(
    source: MapSource, layers: tuple[int, ...], models: tuple[str, ...], theme: str
) -> list[dict[str, Any]]:
    """Plain JSON for the component, in the order of `layers`."""
    peaks, clean = _by_layer(source, "suspect"), _by_layer(source, "reference")
    full = max((TOP, *(float(peak["excess"]) for peak in peaks.values())))
    total = len(source.samples)
    drawn = source.points.groupby("layer")["sample_id"].nunique()
    entries = []
    for layer in layers:
        panels = [
            map_quality(
                source.metrics, Panel(model, source.stack, layer, source.pooling, source.method)
            )
            for model in models
        ]
        words = shown(int(drawn[layer]), total)
        name = term("Decoder layer {n}") if source.stack == "decoder" else term("Layer {n}")
        entries.append(
            {
                "key": f"{source.stack}:{layer}",
                "title": say(name, n=layer),
                "short": str(layer),
                "quality": [_held(source, layer) + _quality(panel, words) for panel in panels],
                "warnings": [" ".join(told(words) for words in panel.warnings) for panel in panels],
            }
            | {"excess": _excess(peaks.get(layer)), "reference": _excess(clean.get(layer))}
            | {"located": _n_located(peaks.get(layer))}
            | _cell(peaks.get(layer), theme, full)
        )
    return entries


def _by_layer(source: MapSource, model: str) -> dict[int, Mapping[Any, Any]]:
    return {int(row["layer"]): row for row in peaks_of(source, model).to_dict("records")}


def _n_located(peak: Mapping[Any, Any] | None) -> int:
    """Samples with the located trigger that the layer's statistic is about; 0 for any other."""
    return int(peak["n_located"]) if peak is not None and pd.notna(peak["n_located"]) else 0


def _excess(peak: Mapping[Any, Any] | None) -> float | None:
    return None if peak is None else float(peak["excess"])


def _held(source: MapSource, layer: int) -> list[list[str]]:
    """What a three-dimensional map holds of the data; other maps have figures of their own."""
    if layer not in source.shares:
        return []
    hint = say("Share of both models' joint variance that lies in the three axes drawn")
    return [[say("in three axes"), number(source.shares[layer]), hint]]


def _quality(panel: MapQuality, words: str) -> list[list[str]]:
    figures = [
        [say(WORDS[name]), number(getattr(panel, name)), say(hint)]
        for name, hint in HINTS.items()
        if getattr(panel, name) is not None
    ]
    return [*figures, ["", words, say("Large runs are drawn in part; flagged samples always are")]]


def _cell(peak: Mapping[Any, Any] | None, theme: str, full: float) -> dict[str, str]:
    """Colour by ratio, full at the run's strongest layer: else far above looks all the same."""
    chosen = palette_theme(theme)
    if peak is None:
        return {"colour": "transparent", "ink": chosen.muted, "hint": say("no clean band here")}
    share = math.log(max(1.0, float(peak["excess"]))) / math.log(full)
    if share <= 0:
        hint = say("inside the band of the clean models")
    else:
        name = say(str(peak["detector"]).replace("_", " "))
        hint = say(
            "{name} lies {excess} half-widths from the clean middle",
            name=name,
            excess=number(float(peak["excess"])),
        )
    ink = "#FFFFFF" if share > 0.6 else chosen.text
    return {"colour": _blend(chosen.low, "#D55E00", share), "ink": ink, "hint": hint}


def _blend(low: str, high: str, share: float) -> str:
    pairs = zip(_rgb(low), _rgb(high), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
