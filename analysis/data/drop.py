"""A sample file without some of its samples, every other column and row as it was."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Collection
from pathlib import Path
from typing import Any, NamedTuple

from analysis.data.formats import format_of, rows_of
from analysis.data.read import ID_COLUMNS
from analysis.data.values import as_id


class Dropped(NamedTuple):
    """What is left of a file."""

    data: bytes  # in the file's own format
    kept: int
    dropped: int


def drop_samples(path: Path, raw: bytes, ids: Collection[str]) -> Dropped:
    """The bytes of `path` without the samples `ids`.

    Args:
        path: names the format.
        raw: the file's bytes.
        ids: as `read_samples` gives them.

    Raises:
        RequestError: the file cannot be read.
    """
    rows = [dict(row.values) for row in rows_of(path, raw)]
    name = next((n for n in ID_COLUMNS if rows and n in rows[0]), None)
    keep = [_identity(row, number, name) not in ids for number, row in enumerate(rows)]
    kept = [row for row, stays in zip(rows, keep, strict=True) if stays]
    data = _written(path, raw, kept, keep)
    return Dropped(data, len(kept), len(rows) - len(kept))


def _identity(row: dict[str, Any], number: int, name: str | None) -> str | None:
    return str(number) if name is None else as_id(row.get(name))


def _written(path: Path, raw: bytes, kept: list[dict[str, Any]], keep: list[bool]) -> bytes:
    packed = path.name.lower().endswith(".gz")
    kind = format_of(path)
    if kind == "parquet":
        data = _parquet(gzip.decompress(raw) if packed else raw, keep)
    elif kind == "jsonl":
        data = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in kept).encode(
            "utf-8", "surrogatepass"
        )
    else:
        text = io.StringIO(newline="")
        writer = csv.writer(
            text,
            delimiter="," if kind == "csv" else "\t",
            quoting=csv.QUOTE_ALL,
            lineterminator="\n",
        )
        writer.writerow(kept[0] if kept else ())
        writer.writerows(row.values() for row in kept)
        data = text.getvalue().encode()
    return gzip.compress(data, mtime=0) if packed else data


def _parquet(raw: bytes, keep: list[bool]) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pq.read_table(pa.BufferReader(raw))
    sink = io.BytesIO()
    pq.write_table(table.filter(pa.array(keep)), sink)
    return sink.getvalue()
