"""From a run's tables to the source of one map, read no further than what will be drawn."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis.report.drawn_part import MOST_DRAWN, rows_to_draw
from analysis.runs.run import Run
from dashboard import solid
from dashboard.payload import MapSource

COLUMNS = ["sample_id", "model", "layer", "x", "y"]


def stored_source(
    run: Run,
    samples: pd.DataFrame,
    site: tuple[str, str, str],
    kept: np.ndarray | None,
    version: str,
) -> MapSource:
    """The map of one stack, pooling and method.

    Args:
        run: whose map it is.
        samples: of the run, merged with its ranking.
        site: stack, pooling and method; "pca3" for three axes.
        kept: (n,) bool, samples that pass the filter: of a large set, those are drawn first.
        version: changes when anything in here does.

    Raises:
        RequestError: the run has no such table or map file.
    """
    stack, pooling, method = site
    shares: dict[int, float] = {}
    if method == solid.METHOD:
        points, held = solid.read_solid(run, stack, pooling, samples)
        shares = dict(held)
        points = _drawn_part(points, samples, kept)
    else:
        points = _flat_points(run, samples, site, kept)
    return MapSource(
        points=points,
        samples=samples,
        layers=run.table("layers") if run.has("layers") else pd.DataFrame(),
        metrics=run.record.get("metrics") or {},
        stack=stack,
        pooling=pooling,
        method=method,
        version=version,
        shares=shares,
    )


def _flat_points(
    run: Run, samples: pd.DataFrame, site: tuple[str, str, str], kept: np.ndarray | None
) -> pd.DataFrame:
    stack, pooling, method = site
    wanted: list[tuple[str, str, Any]] = [
        ("method", "=", method),
        ("pooling", "=", pooling),
        ("stack", "=", stack),
    ]
    if len(samples) <= MOST_DRAWN:
        return run.table("projection", COLUMNS, wanted)
    placed = _placed(run, samples, wanted)
    if placed.sum() <= MOST_DRAWN:
        return run.table("projection", COLUMNS, wanted)
    ids = samples["sample_id"].to_numpy()[rows_to_draw(samples, placed, kept)].tolist()
    return run.table("projection", COLUMNS, [*wanted, ("sample_id", "in", ids)])


def _placed(run: Run, samples: pd.DataFrame, wanted: list[tuple[str, str, Any]]) -> np.ndarray:
    """Samples with a place on the lowest layer, and flagged ones, (n,) bool.

    Reading the names on every layer would take as long as all the rest.
    """
    values = {name: value for name, _, value in wanted}
    panels = ((run.record.get("metrics") or {}).get("projection") or {}).get("panels") or []
    layers = [p["layer"] for p in panels if all(p[name] == v for name, v in values.items())]
    lowest = [("layer", "=", min(layers))] if layers else []
    names = run.table("projection", ["sample_id"], [*wanted, *lowest])["sample_id"].unique()
    placed = samples["sample_id"].isin(names).to_numpy(dtype=bool)
    return placed | samples["flagged"].to_numpy(dtype=bool) if "flagged" in samples else placed


def _drawn_part(
    points: pd.DataFrame, samples: pd.DataFrame, kept: np.ndarray | None
) -> pd.DataFrame:
    placed = points["sample_id"].unique()
    if len(placed) <= MOST_DRAWN:
        return points
    rows = rows_to_draw(samples, samples["sample_id"].isin(placed).to_numpy(), kept)
    return points[points["sample_id"].isin(samples["sample_id"].to_numpy()[rows])]
