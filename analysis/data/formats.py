"""Rows of a sample file, whatever its format: JSONL, CSV, TSV or Parquet, also gzipped.

Bytes that are not UTF-8 become U+FFFD and are counted, so that one bad byte in a large file
costs one character and not the whole inspection.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import sys
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from analysis.errors import RequestError

FORMATS = {
    ".jsonl": "jsonl",
    ".json": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".tsv": "tsv",
    ".parquet": "parquet",
}


# A gigabyte of functions is millions of them; a file that unpacks to more is an accident or a bomb.
LARGEST_UNPACKED = 2 * 2**30
_WIDE = ((b"\xff\xfe\0\0", "UTF-32"), (b"\0\0\xfe\xff", "UTF-32"), (b"\xff\xfe", "UTF-16"),
         (b"\xfe\xff", "UTF-16"))  # fmt: skip


class Row(NamedTuple):
    """One record of a file and the line on which it starts."""

    where: str  # "line 3", for Parquet "row 3"; both from 1
    values: Mapping[str, Any]


def format_of(path: Path) -> str:
    """Format by the file's name.

    Raises:
        RequestError: an ending that is none of the known ones.
    """
    name = path.name.lower().removesuffix(".gz")
    found = FORMATS.get(Path(name).suffix)
    if found is None:
        raise RequestError(
            f"'{path}' has no known ending.",
            "Expected .jsonl, .csv, .tsv or .parquet, with .gz behind it if it is compressed.",
        )
    return found


def read_bytes(path: Path) -> bytes:
    """The file's bytes as they lie on disk.

    Raises:
        RequestError: an unknown ending, missing, a folder, no regular file, or not readable.
    """
    try:
        if path.is_file():
            format_of(path)
        elif path.exists() and not path.is_dir():  # a pipe or a device may never end
            raise RequestError(f"'{path}' is no regular file.", "Give a sample file.")
        return path.read_bytes()
    except FileNotFoundError:
        raise RequestError(f"'{path}' does not exist.", "Give an existing sample file.") from None
    except IsADirectoryError:
        raise RequestError(f"'{path}' is a folder, expected a sample file.") from None
    except OSError as error:
        raise RequestError(f"'{path}' cannot be read: {error.strerror or error}.") from None


def rows_of(path: Path, raw: bytes) -> Iterator[Row]:
    """Every record in file order; `raw` are the bytes of `path`.

    Raises:
        RequestError: broken compression, an unreadable line, a damaged Parquet file.
    """
    kind = format_of(path)
    data = _decompressed(path, raw)
    if kind == "parquet":
        return _parquet_rows(path, data)
    _refuse_wide(path, data)
    if kind == "jsonl":
        return _jsonl_rows(path, data)
    return _delimited_rows(path, data, "," if kind == "csv" else "\t")


def is_utf8(path: Path, raw: bytes) -> bool:
    """Whether the text of a file decodes as it stands; Parquet sees to that itself."""
    if format_of(path) == "parquet":
        return True
    try:
        _decompressed(path, raw).decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _decompressed(path: Path, raw: bytes) -> bytes:
    if not path.name.lower().endswith(".gz"):
        return raw
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(raw)) as file:
            data = file.read(LARGEST_UNPACKED + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise RequestError(
            f"'{path}' is not readable as gzip: {error}.", "Compress it again."
        ) from None
    if len(data) > LARGEST_UNPACKED:
        raise RequestError(
            f"'{path}' unpacks to more than {LARGEST_UNPACKED / 2**30:.0f} GiB.",
            "Split it, or unpack it first.",
        )
    return data


def _refuse_wide(path: Path, data: bytes) -> None:
    """Every second byte of UTF-16 text is NUL: read as UTF-8 it would be other text."""
    wide = next((name for mark, name in _WIDE if data.startswith(mark)), None)
    if wide is None and len(data) > 1 and (data[0] == 0) != (data[1] == 0):
        wide = "UTF-16 or UTF-32"
    if wide is not None:
        raise RequestError(f"'{path}' is {wide} text, expected UTF-8.", "Save it as UTF-8.")


def _jsonl_rows(path: Path, data: bytes) -> Iterator[Row]:
    data = data.removeprefix(b"\xef\xbb\xbf")
    # Only LF ends a line: U+2028 and the like may stand inside JSON strings.
    for number, line in enumerate(io.BytesIO(data), start=1):
        if not line.strip():
            continue
        try:
            values = json.loads(line.decode("utf-8", errors="replace"))
        except (ValueError, RecursionError) as error:
            reason = getattr(error, "msg", None) or "not valid JSON"
            raise RequestError(
                f"'{path}', line {number}: {reason}.", "Expected one JSON object per line."
            ) from None
        if not isinstance(values, dict):
            raise RequestError(
                f"'{path}', line {number}: a JSON {type(values).__name__}, expected an object.",
                "Write one JSON object per line.",
            )
        yield Row(f"line {number}", values)


def _delimited_rows(path: Path, data: bytes, delimiter: str) -> Iterator[Row]:
    text = io.TextIOWrapper(io.BytesIO(data), encoding="utf-8-sig", errors="replace", newline="")
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    header: list[str] | None = None
    while True:
        line = reader.line_num + 1
        record = _next_record(path, reader, line)
        if record is None:
            return
        if not record:
            continue  # a blank line
        if header is None:
            header = _own_names(path, record)
            continue
        if len(record) != len(header):
            raise RequestError(
                f"'{path}', line {line}: {len(record)} fields, expected {len(header)} as in the "
                "header."
            )
        yield Row(f"line {line}", dict(zip(header, record, strict=True)))


def _own_names(path: Path, header: list[str]) -> list[str]:
    twice = [name for number, name in enumerate(header) if name in header[:number]]
    if twice and any(twice):  # which of the two would be read is anybody's guess
        raise RequestError(
            f"'{path}' has the column '{next(filter(None, twice))}' twice.",
            "Rename or remove one of them.",
        )
    return header


def _next_record(path: Path, reader: Any, line: int) -> list[str] | None:
    # The module's limit of 131,072 characters per field is below real functions. It is global,
    # so it is lifted only while one record is read.
    limit = csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
    try:
        record: list[str] | None = next(reader, None)
    except csv.Error as error:
        raise RequestError(
            f"'{path}', line {line}: {error}.", "Check the quotes of that line."
        ) from None
    finally:
        csv.field_size_limit(limit)
    return record


def _parquet_rows(path: Path, data: bytes) -> Iterator[Row]:
    # Arrow takes a tenth of a second to load; text files do not need it.
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(pa.BufferReader(data))
    except (pa.ArrowException, OSError) as error:
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise RequestError(f"'{path}' is not readable as Parquet: {first}") from None
    number = 0
    for batch in table.to_batches(max_chunksize=4096):
        for values in batch.to_pylist():
            number += 1
            yield Row(f"row {number}", values)
