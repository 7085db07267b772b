"""What the map component receives: shared axes in 16-bit steps, colours, qualities, snippets.

All layers of one stack travel together, so that moving the layer slider needs no server.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from analysis.report.maps import shared_range
from analysis.report.palette import MODEL_COLOURS, UNKNOWN
from analysis.report.safe import first_lines
from analysis.report.words import number
from dashboard.colouring import colour_modes
from dashboard.map_words import map_words
from dashboard.rail import layer_entries
from dashboard.text import say

MISSING = 65535  # this point has no place on this map
STEPS = 65534
NO_SCORE = -1e30  # a missing number would arrive in the browser as whatever its memory held
MODEL_ORDER = ("reference", "suspect", "unlearned")
ROOM = 2.0  # times its own width that a square may have before a model looks squeezed


@dataclass(frozen=True)
class MapSource:
    """The stored tables behind one map."""

    points: pd.DataFrame  # sample_id, model, layer, x, y (and z) of one stack, pooling, method
    samples: pd.DataFrame  # samples merged with ranking, index = row
    layers: pd.DataFrame  # the layers table, may be empty
    metrics: Mapping[str, Any]
    stack: str
    pooling: str
    method: str
    version: str  # changes when anything in here does
    shares: Mapping[int, float] = field(default_factory=dict)  # of the variance, in three axes


@dataclass(frozen=True)
class MapPayload:
    """Ready for the component, with what the page itself still asks of it."""

    points: pd.DataFrame  # one row per drawn sample
    meta: Mapping[str, Any]  # plain JSON
    layers: tuple[int, ...]
    models: tuple[str, ...]
    coordinates: Mapping[tuple[int, str], np.ndarray]  # (layer, model) -> (m, 2 or 3) float32
    rows: np.ndarray  # (m,) int32, rows of the sample set in drawing order


def build_payload(source: MapSource, theme: str) -> MapPayload:
    """Arrange stored coordinates, colours and texts for the component."""
    rows, places = _places(source)
    present = set(source.points["model"].unique())
    models = tuple(model for model in MODEL_ORDER if model in present)
    layers = tuple(sorted(int(layer) for layer in source.points["layer"].unique()))
    coordinates = _coordinates(source.points, places, len(rows), layers, models)
    drawn = source.samples.iloc[rows]
    modes, codes = colour_modes(drawn, models, theme)
    columns: dict[str, Any] = {
        "row": rows.astype(np.int32),
        "snippet": [first_lines(text) for text in drawn["text"].astype(str)],
        **codes,
    }
    if "score" in drawn and drawn["score"].notna().any():
        columns["score"] = drawn["score"].fillna(NO_SCORE).to_numpy(dtype=np.float32)
    for i, layer in enumerate(layers):
        columns.update(_steps(i, [coordinates[layer, model] for model in models]))
    entries = [
        entry | _apart([coordinates[layer, model] for model in models])
        for entry, layer in zip(layer_entries(source, layers, models, theme), layers, strict=True)
    ]
    ranking = source.metrics.get("ranking") or {}
    meta = {
        "channel": "map",
        "version": source.version,
        "method": source.method,
        "quiet": UNKNOWN,
        "models": [_model(model, len(rows)) for model in models],
        "layers": entries,
        "modes": modes,
        "caption": say(
            "{method}, {pooling} pooling",
            method=source.method.upper(),
            pooling=say(source.pooling),
        ),
        "strip": _strip_words(source.layers),
        "words": map_words(),
        "axes": "centred" if any(entry["apart"] for entry in entries) else "shared",
        "threshold": ranking.get("threshold"),
        "partial": len(rows) < len(source.samples),
    }
    return MapPayload(pd.DataFrame(columns), meta, layers, models, coordinates, rows)


def _places(source: MapSource) -> tuple[np.ndarray, np.ndarray]:
    """Drawn rows, ascending (m,), and the position of each point row among them (p,)."""
    row_of = pd.Series(np.arange(len(source.samples)), index=source.samples["sample_id"])
    codes, unique = pd.factorize(source.points["sample_id"])
    row = row_of.reindex(unique).to_numpy(dtype=np.float64)
    known = np.isfinite(row)
    rows = np.sort(row[known]).astype(np.int64)
    position = np.full(len(unique), -1)
    position[known] = np.searchsorted(rows, row[known].astype(np.int64))
    return rows, position[codes]


def _coordinates(
    points: pd.DataFrame,
    places: np.ndarray,
    n: int,
    layers: tuple[int, ...],
    models: tuple[str, ...],
) -> dict[tuple[int, str], np.ndarray]:
    axes = [axis for axis in ("x", "y", "z") if axis in points]
    xy = points[axes].to_numpy(dtype=np.float32)
    layer, model = points["layer"].to_numpy(), points["model"].to_numpy()
    result = {}
    for one in layers:
        of_layer = (layer == one) & (places >= 0)
        for name in models:
            chosen = of_layer & (model == name)
            grid = np.full((n, len(axes)), np.nan, dtype=np.float32)
            grid[places[chosen]] = xy[chosen]
            result[one, name] = grid
    return result


def _steps(i: int, clouds: list[np.ndarray]) -> dict[str, np.ndarray]:
    """All models of one layer on one square: the widest side fills it, so distances compare."""
    low, high = shared_range(clouds)
    side = float((high - low).max())
    corner = (low + high) / 2 - side / 2
    columns = {}
    for m, cloud in enumerate(clouds):
        unit = (cloud - corner) / side * STEPS
        steps = np.where(np.isfinite(unit), np.rint(unit), MISSING).astype(np.uint16)
        columns.update({f"{axis}{i}_{m}": steps[:, k] for k, axis in enumerate("xyz"[: len(low)])})
    return columns


def _apart(clouds: list[np.ndarray]) -> dict[str, Any]:
    """How far the first two models stand apart, in root-mean-square radii of their clouds.

    `apart` says that a square around both leaves each less than 1 / `ROOM` of it.
    """
    placed = [cloud[np.isfinite(cloud).all(axis=1)].astype(np.float64) for cloud in clouds[:2]]
    if len(placed) < 2 or any(len(cloud) < 2 for cloud in placed):
        return {"gap": "", "apart": False}
    middles = [cloud.mean(axis=0) for cloud in placed]
    radius = np.mean([np.sqrt(cloud.var(axis=0).sum()) for cloud in placed])
    both = np.concatenate(placed)
    widths = [float(np.ptp(cloud, axis=0).max()) for cloud in (*placed, both)]
    gap = float(np.linalg.norm(middles[0] - middles[1]) / max(radius, 1e-12))
    return {"gap": number(gap), "apart": widths[2] > ROOM * max(*widths[:2], 1e-12)}


def _model(model: str, n: int) -> dict[str, str]:
    return {
        "key": model,
        "title": say(model).capitalize(),
        "colour": MODEL_COLOURS.get(model, UNKNOWN),
        "alt": say(
            "Map of {n} samples as the {model} model sees them; the layer slider and the "
            "controls under the map choose the same samples without a pointer.",
            n=n,
            model=say(model),
        ),
    }


def _strip_words(layers: pd.DataFrame) -> str:
    if layers.empty or layers["null_high"].isna().all():
        return say("No clean band to compare the layers with.")
    return say("Stronger orange: further above the band of the clean models.")
