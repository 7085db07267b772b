"""The folder that a guard leaves: quarantine list, cleaned samples, input filter, figures."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from analysis.errors import RequestError
from analysis.runs.atomic import write_bytes

QUARANTINE, FILTER, FIGURES = "quarantine.csv", "input_filter.py", "guard.json"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class GuardFiles(NamedTuple):
    """Content of the folder."""

    quarantine: Sequence[Mapping[str, Any]]  # rows of equal keys, at least one
    cleaned_name: str  # file name of the cleaned samples
    cleaned: bytes
    filter_source: str  # empty: no rule could be made, and no filter is written
    figures: Mapping[str, Any]  # plain JSON


def require_new_folder(out: Path) -> None:
    """Refuse a folder with something in it.

    Raises:
        RequestError: it is a file or not empty.
    """
    try:
        if out.exists() and (not out.is_dir() or any(out.iterdir())):
            raise RequestError(
                f"'{out}' is not an empty folder.", "Name a new one; nothing is overwritten."
            )
    except OSError as error:
        raise RequestError(f"'{out}' cannot be read ({error.strerror or error}).") from error


def write_guard(out: Path, files: GuardFiles) -> tuple[str, ...]:
    """Write the folder and return its file names.

    Raises:
        RequestError: it is not empty or cannot be written.
    """
    require_new_folder(out)
    contents = {
        QUARANTINE: _csv(files.quarantine),
        files.cleaned_name: files.cleaned,
        FIGURES: (json.dumps(files.figures, indent=1, ensure_ascii=True) + "\n").encode(),
    }
    if files.filter_source:
        contents[FILTER] = files.filter_source.encode("utf-8", "backslashreplace")
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, data in contents.items():
            write_bytes(out / name, data)
    except OSError as error:
        raise RequestError(f"'{out}' cannot be written ({error.strerror or error}).") from error
    return tuple(contents)


def _csv(rows: Sequence[Mapping[str, Any]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(rows[0])
    for row in rows:
        writer.writerow([_defused(value) for value in row.values()])
    return text.getvalue().encode("utf-8", "backslashreplace")


def _defused(value: object) -> object:
    """A spreadsheet must not run a sample's text as a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
