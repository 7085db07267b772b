"""Records of the stages as the tables of the contract."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from analysis.records import Predictions, Projection, SampleSet


def samples_table(
    samples: SampleSet,
    suspect: Predictions | None,
    reference: Predictions | None,
    truncated: np.ndarray,
    n_tokens: np.ndarray,
) -> pd.DataFrame:
    """The `samples` table; a model without a head has empty prediction columns.

    Args:
        samples: n samples.
        suspect: its predictions.
        reference: the clean model's predictions.
        truncated: (n,) bool, the text was cut to the window.
        n_tokens: (n,) int32, tokens before the cut.
    """
    columns: dict[str, object] = {
        "sample_id": list(samples.ids),
        "text": list(samples.texts),
        "label": _optional(samples.labels, len(samples)),
    }
    for role, said in (("suspect", suspect), ("reference", reference)):
        predicted = None if said is None else said.predicted
        columns[f"predicted_{role}"] = _optional(predicted, len(samples))
        columns[f"confidence_{role}"] = (
            np.full(len(samples), np.nan, np.float32) if said is None else said.confidence
        )
    columns["truncated"] = truncated
    columns["n_tokens"] = n_tokens
    if samples.poisoned is not None:
        columns["poisoned"] = samples.poisoned
    if samples.true_labels is not None:
        columns["true_label"] = samples.true_labels
    return pd.DataFrame(columns)


def _optional(values: np.ndarray | None, n: int) -> pd.Series:
    """Integers that may be missing: nullable, so that a class never reads as 0.0."""
    if values is None:
        return pd.Series([pd.NA] * n, dtype="Int64")
    return pd.Series(values, dtype="Int64")


def projection_table(projections: Iterable[Projection], samples: SampleSet) -> pd.DataFrame:
    """The `projection` table: one row per drawn sample, model, site and method."""
    ids = np.asarray(samples.ids, dtype=object)
    frames = [
        pd.DataFrame(
            {
                "sample_id": ids[each.rows],
                "model": role,
                "stack": each.site.stack,
                "layer": np.int16(each.site.layer),
                "pooling": each.site.pooling,
                "method": each.method,
                "x": points[:, 0].astype(np.float32),
                "y": points[:, 1].astype(np.float32),
            }
        )
        for each in projections
        for role, points in each.coordinates.items()
    ]
    if frames:
        return pd.concat(frames, ignore_index=True)
    names = ("sample_id", "model", "stack", "layer", "pooling", "method", "x", "y")
    return pd.DataFrame({name: [] for name in names})
