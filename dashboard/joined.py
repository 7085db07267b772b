"""An inspection and its re-inspection as one map source: the cleaned model is a third panel."""

from __future__ import annotations

import pandas as pd

from analysis.runs.run import Run
from dashboard.payload import MapSource

COLUMNS = ["sample_id", "model", "layer", "x", "y"]


def joined_source(
    before: Run, after: Run, samples: pd.DataFrame, site: tuple[str, str, str], version: str
) -> MapSource:
    """Both runs' points on the axes of the first.

    Args:
        before: the inspection that the removal began with.
        after: the inspection of the cleaned model; its suspect becomes "unlearned".
        samples: of `before`, merged with its ranking.
        site: stack, pooling and method.
        version: changes when anything in here does.
    """
    stack, pooling, method = site
    wanted = [("method", "=", method), ("pooling", "=", pooling), ("stack", "=", stack)]
    points = before.table("projection", COLUMNS, wanted)
    moved = after.table("projection", COLUMNS, [*wanted, ("model", "=", "suspect")])
    points = pd.concat([points, moved.assign(model="unlearned")], ignore_index=True)
    said = after.table("samples", ["sample_id", "predicted_suspect"])
    answers = said.set_index("sample_id")["predicted_suspect"]
    return MapSource(
        points=points,
        samples=samples.assign(predicted_unlearned=samples["sample_id"].map(answers)),
        layers=before.table("layers") if before.has("layers") else pd.DataFrame(),
        metrics=before.record.get("metrics") or {},
        stack=stack,
        pooling=pooling,
        method=method,
        version=f"{before.run_id}|{after.run_id}|{version}|{stack}|{pooling}|{method}",
    )
