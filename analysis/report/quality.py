"""How far a two-dimensional map may be believed, as a run stores it in its metrics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from analysis.report.palette import MODEL_COLOURS

NAMES = ("trustworthiness", "continuity", "stability")


@dataclass(frozen=True)
class MapQuality:
    """Quality of one panel; every figure lies between 0 and 1, missing ones are None."""

    trustworthiness: float | None = None  # near in the map means near in the data
    continuity: float | None = None  # near in the data means near in the map
    stability: float | None = None  # agreement between seeds
    shown: int | None = None
    total: int | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Panel:
    """Which map: one model at one site with one method."""

    model: str
    stack: str
    layer: int
    pooling: str
    method: str


def map_quality(metrics: Mapping[str, Any], panel: Panel) -> MapQuality:
    """Find the quality of `panel` in `metrics["projection"]`, as the maps step stores it.

    Its `panels` are one object per map: method, stack, layer, pooling, warnings and `quality`
    with keys such as "suspect.trustworthiness" or, for both models at once, "stability".
    """
    stored = metrics.get("projection") or {}
    for entry in stored.get("panels") or ():
        if _fits(entry, panel):
            return _read(entry, stored, panel.model)
    return MapQuality()


def _fits(entry: Mapping[str, Any], panel: Panel) -> bool:
    return (
        entry.get("stack") == panel.stack
        and int(entry.get("layer", -1)) == panel.layer
        and entry.get("pooling") == panel.pooling
        and entry.get("method") == panel.method
    )


def _read(entry: Mapping[str, Any], stored: Mapping[str, Any], model: str) -> MapQuality:
    figures = entry.get("quality") or {}
    values = {name: figures.get(f"{model}.{name}", figures.get(name)) for name in NAMES}
    return MapQuality(
        **values,
        shown=stored.get("shown"),
        total=stored.get("total"),
        warnings=tuple(w for w in entry.get("warnings") or () if _about(w, model)),
    )


def _about(warning: str, model: str) -> bool:
    """Whether a warning ("PCA, suspect: …") speaks of `model` or of the whole map."""
    subject = warning.partition(":")[0]
    others = (name for name in MODEL_COLOURS if name != model)
    return not any(name in subject for name in others)
