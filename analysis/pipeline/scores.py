"""The `scores` table, written one detector and site at a time: its rows outgrow memory first."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from analysis.records import SampleSet, Scores
from analysis.runs.writer import RunWriter

# Parquet encodes repeated words itself; Arrow's dictionary type would stop filtered reads from
# skipping row groups.
_WORDS = pa.string()
SCHEMA = pa.schema(
    [
        ("sample_id", _WORDS),
        ("model", _WORDS),
        ("stack", _WORDS),
        ("layer", pa.int16()),
        ("pooling", _WORDS),
        ("detector", _WORDS),
        ("group", _WORDS),
        ("score", pa.float32()),
    ]
)


def write_scores(writer: RunWriter, scores: Sequence[Scores], samples: SampleSet) -> None:
    """Write one row per sample, detector, site, model and group, sorted by detector and layer."""
    order = sorted(
        (each for each in scores if len(each.rows)),
        key=lambda s: (s.detector, s.site.stack, s.site.layer, s.site.pooling, s.model, s.group),
    )
    ids = pa.array(samples.ids, pa.string())

    def write(path: Path) -> None:
        with pq.ParquetWriter(path, SCHEMA, compression="zstd") as file:
            for each in order:
                file.write_table(_table(each, ids))

    writer.write_file("scores.parquet", write, rows=sum(len(each.rows) for each in order))


def _table(each: Scores, ids: pa.Array) -> pa.Table:
    n = len(each.rows)

    def same(word: str) -> pa.Array:
        return pa.repeat(pa.scalar(word), n)

    columns = [
        ids.take(pa.array(each.rows)),
        same(each.model),
        same(each.site.stack),
        pa.array(np.full(n, each.site.layer, dtype=np.int16)),
        same(each.site.pooling),
        same(each.detector),
        same(each.group),
        pa.array(each.values.astype(np.float32)),
    ]
    return pa.Table.from_arrays(columns, schema=SCHEMA)
