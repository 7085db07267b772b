"""The tables of a chain that its charts are drawn from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import pandas as pd

from analysis.report.charts.layers import DIRECTION
from analysis.report.charts.maps import MapTables
from analysis.report.document.chain import Chain
from analysis.report.layers import layer_peaks
from analysis.report.quality import Panel, map_quality
from analysis.report.text import Words
from analysis.runs.run import Run

METHODS = ("umap", "tsne", "pca")  # what shows small groups best comes first
POOLINGS = ("mean", "cls", "eos", "last", "max")


class MapSite(NamedTuple):
    """Which map is shown."""

    stack: str
    layer: int
    pooling: str
    method: str


def table(run: Run | None, name: str) -> pd.DataFrame | None:
    """A table of a run; None where the run or the table does not exist."""
    return run.table(name) if run is not None and run.has(name) else None


def samples(run: Run | None) -> pd.DataFrame | None:
    """Samples with their ranking, most suspicious first; None without samples."""
    frame, ranking = table(run, "samples"), table(run, "ranking")
    if frame is None:
        return None
    if ranking is None:
        return frame.assign(flagged=False)
    joined = frame.merge(ranking, on="sample_id", how="left", sort=False)
    joined["flagged"] = joined["flagged"].fillna(False).astype(bool)
    return joined.sort_values("rank", kind="stable", ignore_index=True)


def behaviours(chain: Chain) -> dict[str, Mapping[str, Any]]:
    """Behaviour figures by role, before the removal, after it, and of the clean reference.

    A removal measures all three on the same samples; without one the inspection's figures stand.
    """
    inspected = _metrics(chain.inspection)
    removed = _metrics(chain.unlearning)
    found = {
        "suspect": removed.get("before") or inspected.get("suspect"),
        "unlearned": removed.get("after") or _metrics(chain.reinspection).get("suspect"),
        "reference": removed.get("reference") or inspected.get("reference"),
        "trained": _metrics(chain.training).get("trained"),
    }
    return {role: figures for role, figures in found.items() if isinstance(figures, Mapping)}


def _metrics(run: Run | None) -> Mapping[str, Any]:
    return {} if run is None else run.record.get("metrics") or {}


def map_site(run: Run) -> MapSite | None:
    """The verdict's layer, else the one that stands out most, else the last; None without maps."""
    panels = (_metrics(run).get("projection") or {}).get("panels")
    if not run.has("projection") or not panels:
        return None
    sites = [
        MapSite(str(p["stack"]), int(p["layer"]), str(p["pooling"]), str(p["method"]))
        for p in panels
    ]
    named = str((run.record.get("verdict") or {}).get("layer") or "") or _standing_out(run)
    at = [s for s in sites if f"{s.stack}:{s.layer}" == named]
    at = at or [s for s in sites if (s.stack, s.layer) == max((s.stack, s.layer) for s in sites)]
    return min(at, key=lambda s: (_place(METHODS, s.method), _place(POOLINGS, s.pooling)))


def _place(order: tuple[str, ...], name: str) -> int:
    return order.index(name) if name in order else len(order)


def _standing_out(run: Run) -> str:
    layers = layer_rows(run)
    if layers is None:
        return ""
    peaks = layer_peaks(layers[layers["model"] == "suspect"])
    if peaks.empty:
        return ""
    best = peaks.iloc[int(peaks["excess"].argmax())]
    return f"{best['stack']}:{int(best['layer'])}"


def layer_rows(run: Run | None) -> pd.DataFrame | None:
    """The `layers` table at one pooling, the mean where it exists."""
    layers = table(run, "layers")
    if layers is None or layers.empty:
        return None
    pooling = min(layers["pooling"].unique(), key=lambda name: _place(POOLINGS, str(name)))
    return layers[layers["pooling"] == pooling]


def layers_of(chain: Chain) -> pd.DataFrame | None:
    """Layer statistics of the inspection, and of the re-inspected model as "unlearned"."""
    layers, again = layer_rows(chain.inspection), layer_rows(chain.reinspection)
    if layers is None or again is None:
        return layers
    after = again[again["model"] == "suspect"].assign(model="unlearned")
    if not (after["detector"] == DIRECTION).any() and (layers["detector"] == DIRECTION).any():
        return layers  # other samples were located: the lines would not be about the same thing
    return pd.concat([layers, after], ignore_index=True)


def map_tables(chain: Chain, words: Words) -> MapTables | None:
    """The panels of chart 1: reference, suspect and, on the same axes, the unlearned model."""
    run = chain.inspection
    site = None if run is None else map_site(run)
    if run is None or site is None:
        return None
    points = _points(run, site)
    panels: dict[str, pd.DataFrame] = {
        role: points[role] for role in ("reference", "suspect") if role in points
    }
    trust: dict[str, float | None] = {role: _trust(run, site, role) for role in panels}
    again = chain.reinspection
    if again is not None and again.has("projection"):
        after = _points(again, site)
        if "suspect" in after:
            panels["unlearned"] = after["suspect"]
            trust["unlearned"] = _trust(again, site, "suspect")
    frame = samples(run)
    if frame is None or not panels:
        return None
    kept = [name for name in ("sample_id", "label", "flagged") if name in frame]
    layer = words("layer.decoder" if site.stack == "decoder" else "layer.encoder", n=site.layer)
    return MapTables(panels, frame[kept], trust, layer, site.method, site.pooling, len(frame))


def _points(run: Run, site: MapSite) -> dict[str, pd.DataFrame]:
    rows = run.table(
        "projection",
        ["sample_id", "model", "x", "y"],
        [
            ("stack", "=", site.stack),
            ("layer", "=", site.layer),
            ("pooling", "=", site.pooling),
            ("method", "=", site.method),
        ],
    )
    groups = rows.groupby("model", observed=True)
    return {str(model): frame[["sample_id", "x", "y"]] for model, frame in groups}


def _trust(run: Run, site: MapSite, role: str) -> float | None:
    panel = Panel(role, site.stack, site.layer, site.pooling, site.method)
    return map_quality(_metrics(run), panel).trustworthiness
