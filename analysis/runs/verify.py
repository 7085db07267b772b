"""Does a run still hold the bytes that it was written with?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from analysis.errors import RequestError
from analysis.identity import file_sha256
from analysis.runs.atomic import read_json
from analysis.runs.record import RECORD_FILE, seal_holds
from analysis.runs.run import Run


class Problem(NamedTuple):
    """One thing about a run that is not as it was written."""

    artifact: str  # file name
    kind: str  # "missing", "changed", "rows", "unlisted" or "record"
    message: str

    def __str__(self) -> str:
        return self.message


def verify_run(run: Run) -> tuple[Problem, ...]:
    """Recompute the hash of the record and of every listed file.

    Annotations and progress are not part of what is verified.
    """
    problems = [p for entry in run.record["artifacts"] if (p := _artifact_problem(run, entry))]
    stored = read_json(run.path / RECORD_FILE)
    if stored is None or not seal_holds(stored):
        problems.insert(0, Problem(RECORD_FILE, "record", "the record was changed after the run."))
    listed = {entry["name"] for entry in run.record["artifacts"]}
    for path in sorted(run.path.glob("*.parquet")):
        if path.name not in listed and run.status != "running":
            text = "the table is in the folder but not in the record; it is ignored."
            problems.append(Problem(path.name, "unlisted", text))
    return tuple(problems)


def _artifact_problem(run: Run, entry: Mapping[str, Any]) -> Problem | None:
    name = str(entry["name"])
    try:
        path = run.file(name)
    except RequestError as error:
        return Problem(name, "missing", str(error))
    if file_sha256(path) != entry.get("sha256"):
        return Problem(name, "changed", f"'{name}' was changed after it was written.")
    rows = _parquet_rows(run, name)
    if rows is not None and rows != entry.get("rows"):
        return Problem(name, "rows", f"'{name}' has {rows} rows, the record says {entry['rows']}.")
    return None


def _parquet_rows(run: Run, name: str) -> int | None:
    if not name.endswith(".parquet"):
        return None
    try:
        return int(pq.read_metadata(run.file(name)).num_rows)
    except (pa.ArrowException, OSError):
        return -1
