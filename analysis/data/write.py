"""Writing a SampleSet: JSONL, CSV, TSV or Parquet, also gzipped, all or nothing."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from analysis.data.formats import format_of
from analysis.data.values import clean_text
from analysis.errors import RequestError
from analysis.records import SampleSet


def write_samples(samples: SampleSet, path: str | Path) -> None:
    """Write ids, texts and every column that is there; `read_samples` gives the same set back.

    The file appears under its name only when it is complete. Equal samples give equal bytes.

    Raises:
        RequestError: an unknown ending, or the folder cannot be written.
    """
    path = Path(path)
    kind = format_of(path)
    records = list(_records(samples))
    data = {"jsonl": _jsonl, "csv": _csv, "tsv": _tsv, "parquet": _parquet}[kind](records)
    if path.name.lower().endswith(".gz"):
        data = gzip.compress(data, mtime=0)
    _replace(path, data)


def _records(samples: SampleSet) -> Iterable[dict[str, Any]]:
    for row, (identity, text) in enumerate(zip(samples.ids, samples.texts, strict=True)):
        record: dict[str, Any] = {"id": identity, "code": clean_text(text)}
        if samples.labels is not None:
            record["label"] = int(samples.labels[row])
        if samples.poisoned is not None:
            record["poisoned"] = bool(samples.poisoned[row])
        if samples.true_labels is not None:
            record["true_label"] = int(samples.true_labels[row])
        yield record


def _jsonl(records: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in records).encode()


def _csv(records: list[dict[str, Any]], delimiter: str = ",") -> bytes:
    text = io.StringIO(newline="")
    # Only when every field is quoted does a text of one empty column or a lone CR come back.
    writer = csv.writer(text, delimiter=delimiter, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(records[0] if records else ("id", "code"))
    writer.writerows(record.values() for record in records)
    return text.getvalue().encode()


def _tsv(records: list[dict[str, Any]]) -> bytes:
    return _csv(records, "\t")


def _parquet(records: list[dict[str, Any]]) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    sink = io.BytesIO()
    empty = {"id": pa.array([], pa.string()), "code": pa.array([], pa.string())}
    pq.write_table(pa.Table.from_pylist(records) if records else pa.table(empty), sink)
    return sink.getvalue()


def _replace(path: Path, data: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    except OSError as error:
        raise RequestError(f"'{path}' cannot be written: {error.strerror or error}.") from None
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        part.chmod(0o644)
        os.replace(part, path)
    except OSError as error:
        raise RequestError(f"'{path}' cannot be written: {error.strerror or error}.") from None
    finally:
        part.unlink(missing_ok=True)
