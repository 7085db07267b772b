"""The tables of a run: which columns they must have, and how they are written and read.

Measured (200,000 rows, pyarrow 26): an Arrow dictionary column keeps the reader from skipping
row groups (50 ms for a filtered read), a string column that Parquet itself dictionary-encodes
lets it skip (2.5 ms). So strings are encoded by Parquet and come back as plain strings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from analysis.errors import KenshinError, RequestError

ROWS_PER_GROUP = 16_384

Filters = Sequence[tuple[str, str, Any]] | Sequence[Sequence[tuple[str, str, Any]]]

_SITE = ("model", "stack", "layer", "pooling")

# What the contract promises; tables may have more columns, and tables may be added.
TABLES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "samples": (
            "sample_id",
            "text",
            "label",
            "predicted_suspect",
            "confidence_suspect",
            "predicted_reference",
            "confidence_reference",
            "truncated",
        ),
        "scores": ("sample_id", *_SITE, "detector", "group", "score"),
        "layers": (
            *_SITE,
            "detector",
            "statistic",
            "value",
            "null_low",
            "null_high",
            "p_value",
            "p_adjusted",
        ),
        "ranking": (
            "sample_id",
            "score",
            "rank",
            "flagged",
            "probability",
            "why",
            "trigger_start",
            "trigger_end",
        ),
        "projection": ("sample_id", *_SITE, "method", "x", "y"),
        "occlusion": (
            "sample_id",
            "kind",
            "text",
            "start",
            "end",
            "drop",
            "second",
            "score",
            "passes",
        ),
        "attention": (
            "stack",
            "layer",
            "attention",
            "head",
            "matrix",
            "kind",
            "model",
            "mean",
            "std",
            "skew",
            "kurtosis",
            "quantiles",
            "histogram",
        ),
        "history": ("step", "epoch", "loss", "accuracy", "asr"),
        "recovery": ("attack", "arm", "fold", "learning_rate", "samples", "epoch"),
    }
)

# Order on disk where the caller names none: filtered reads then touch few row groups.
SORTED_BY: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "scores": ("detector", "stack", "layer"),
        "projection": ("method", "stack", "layer", "pooling"),
        "ranking": ("rank",),
    }
)

# Screens and reports draw or sort by these: a NaN would silently drop a sample.
_FINITE = {"scores": ("score",), "ranking": ("score",), "projection": ("x", "y")}
_UNIQUE_SAMPLES = ("samples", "ranking")


def check_table(name: str, frame: pd.DataFrame) -> None:
    """Hold a table against the contract.

    Raises:
        KenshinError: a missing or doubled column, a score that is not finite, a repeated sample.
    """
    missing = [column for column in TABLES.get(name, ()) if column not in frame.columns]
    if missing:
        raise KenshinError(f"table '{name}' lacks the columns {', '.join(missing)}.")
    doubled = sorted({str(c) for c in frame.columns[frame.columns.duplicated()]})
    if doubled:
        raise KenshinError(f"table '{name}' has the columns {', '.join(doubled)} twice.")
    for column in _FINITE.get(name, ()):
        values = frame[column].to_numpy(dtype=np.float64, na_value=np.nan)
        bad = int((~np.isfinite(values)).sum())
        if bad:
            raise KenshinError(
                f"table '{name}' has {bad} values of '{column}' that are not finite."
            )
    if name in _UNIQUE_SAMPLES and frame["sample_id"].duplicated().any():
        repeated = frame.loc[frame["sample_id"].duplicated(), "sample_id"].iloc[0]
        raise KenshinError(f"table '{name}' names sample '{repeated}' more than once.")


def write_parquet(path: Path, frame: pd.DataFrame) -> None:
    """Write `frame` in the order it has; strings dictionary-encoded, float32 kept."""
    table = pa.Table.from_pandas(_without_categories(frame), preserve_index=False)
    pq.write_table(table, path, row_group_size=ROWS_PER_GROUP, compression="zstd")


def read_parquet(
    path: Path, columns: Sequence[str] | None = None, filters: Filters | None = None
) -> pd.DataFrame:
    """Rows that pass `filters` (pyarrow's form: ("layer", "=", 2), …), only `columns`.

    Raises:
        RequestError: a column that the table does not have, or a filter of another type.
    """
    metadata = pq.read_metadata(path)
    known = metadata.schema.to_arrow_schema().names
    unknown = sorted((set(columns or ()) | _filter_columns(filters)) - set(known))
    if unknown:
        raise RequestError(
            f"table '{path.stem}' has no column {', '.join(unknown)}.",
            f"It has {', '.join(known)}.",
        )
    chosen = None if columns is None else list(columns)
    # No rows: columns have no type to compare with. An empty list means no filter here.
    applied = filters if filters and metadata.num_rows else None
    try:
        table = pq.read_table(path, columns=chosen, filters=applied, memory_map=True)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError) as error:
        raise RequestError(
            f"table '{path.stem}' cannot be read with the filter {applied}.",
            "Compare text with text and numbers with numbers.",
        ) from error
    return table.to_pandas()


def _filter_columns(filters: Filters | None) -> set[str]:
    names: set[str] = set()
    for entry in filters or ():
        parts = [entry] if isinstance(entry[0], str) else list(entry)
        names.update(str(part[0]) for part in parts)
    return names


def _without_categories(frame: pd.DataFrame) -> pd.DataFrame:
    categories = frame.select_dtypes("category").columns
    return frame.astype({c: frame[c].cat.categories.dtype for c in categories})
