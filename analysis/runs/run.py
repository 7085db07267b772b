"""A stored run, read only: its record, its tables and its map files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from analysis.errors import RequestError
from analysis.runs.atomic import SAFE_NAME, read_json
from analysis.runs.processes import is_alive, process_from
from analysis.runs.progress import Progress, read_progress
from analysis.runs.record import RECORD_FILE, STATUSES
from analysis.runs.tables import Filters, read_parquet
from analysis.runs.upgrade import Record, upgrade

INTERRUPTED = "interrupted: the process that ran it is gone"


class RunSummary(NamedTuple):
    """One line of the run list; `problem` says why a folder cannot be read."""

    run_id: str
    path: Path
    kind: str
    status: str  # running, done, failed, cancelled or unreadable
    created: str
    finished: str | None
    seconds: float | None  # None while it runs
    verdict: Mapping[str, Any] | None
    models: tuple[Mapping[str, Any], ...]
    samples: tuple[Mapping[str, Any], ...]
    metrics: Mapping[str, Any]
    parent: str | None
    reason: str  # of a run that failed
    problem: str  # of a folder that cannot be read

    @property
    def answer(self) -> str:
        """The verdict's answer; empty while there is none."""
        return str((self.verdict or {}).get("answer") or "")


@dataclass(frozen=True)
class Run:
    """A run as it was when it was read; `reread` follows one that still runs.

    Attributes:
        path: absolute run folder.
        record: the record in the present format. A run whose process died reads as failed:
            interrupted here, whatever the file still says.
    """

    path: Path
    record: Record

    @property
    def run_id(self) -> str:
        """Name of the run."""
        return str(self.record["run_id"])

    @property
    def kind(self) -> str:
        """One of `record.KINDS`."""
        return str(self.record["kind"])

    @property
    def status(self) -> str:
        """One of `record.STATUSES`."""
        return str(self.record["status"])

    @property
    def reason(self) -> str:
        """Why the run failed or was cancelled; empty otherwise."""
        error = self.record.get("error")
        return str(error.get("message", "")) if isinstance(error, Mapping) else ""

    @property
    def tables(self) -> tuple[str, ...]:
        """Names of the tables that are complete."""
        names = [str(entry["name"]) for entry in self.record["artifacts"]]
        return tuple(n.removesuffix(".parquet") for n in names if n.endswith(".parquet"))

    def reread(self) -> Run:
        """The run as it is now."""
        return load_run(self.path)

    def progress(self) -> Progress | None:
        """Where a run that is not done stands (or stopped)."""
        return read_progress(self.path)

    def has(self, name: str) -> bool:
        """True when the table or file `name` is complete."""
        wanted = {name, f"{name}.parquet", f"{name}.npy"}
        return any(entry["name"] in wanted for entry in self.record["artifacts"])

    def table(
        self, name: str, columns: Sequence[str] | None = None, filters: Filters | None = None
    ) -> pd.DataFrame:
        """Rows of a table that pass pyarrow `filters`, e.g. `[("layer", "=", 2)]`.

        Raises:
            RequestError: the table is not part of the run (with the step to blame), was removed
                from the folder, or has no such column.
        """
        return read_parquet(self.file(f"{name}.parquet"), columns, filters)

    def array(self, name: str) -> np.ndarray:
        """The array that `write_array(name, …)` stored, memory-mapped and read only.

        Raises:
            RequestError: as for `table`.
        """
        loaded: np.ndarray = np.load(self.file(f"{name}.npy"), mmap_mode="r", allow_pickle=False)
        return loaded

    def bytes(self, name: str) -> bytes:
        """Content of a listed file, by its file name.

        Raises:
            RequestError: as for `table`.
        """
        return self.file(name).read_bytes()

    def file(self, name: str) -> Path:
        """Path of a listed file of the run, by its file name.

        Raises:
            RequestError: the file is not listed in the record, or has gone.
        """
        if all(entry["name"] != name for entry in self.record["artifacts"]):
            stem = name.removesuffix(".parquet").removesuffix(".npy")
            raise RequestError(f"run {self.run_id} has no '{stem}': {self._blame(stem)}.")
        path = self.path / name
        if not SAFE_NAME.match(name) or not path.is_file():
            raise RequestError(
                f"run {self.run_id} lists '{name}', but the file is not in {self.path}.",
                "Copy the whole run folder again, or repeat the run.",
            )
        return path

    def summary(self) -> RunSummary:
        """The line that lists show."""
        record = self.record
        inputs = record.get("inputs") or {}
        return RunSummary(
            run_id=self.run_id,
            path=self.path,
            kind=self.kind,
            status=self.status,
            created=str(record["created"]),
            finished=record.get("finished"),
            seconds=seconds_between(record["created"], record.get("finished")),
            verdict=record.get("verdict"),
            models=tuple(inputs.get("models") or ()),
            samples=tuple(inputs.get("samples") or ()),
            metrics=record.get("metrics") or {},
            parent=record.get("parent"),
            reason=self.reason,
            problem="",
        )

    def _blame(self, name: str) -> str:
        troubled = [s for s in self.record["steps"] if s["status"] != "done"]
        own = [s for s in troubled if name == s["name"] or name in s.get("makes", ())]
        steps = own or troubled
        if steps:
            return "; ".join(
                f"step '{s['name']}' {_WAS[s['status']]} ({s['reason'] or 'no reason noted'})"
                for s in steps
            )
        if self.status == "running":
            return "the run is still going and has not written it yet"
        return f"the run is {self.status}" + (f" ({self.reason})" if self.reason else "")


_WAS = {"skipped": "was skipped", "failed": "failed"}
_REQUIRED = {"run_id": str, "kind": str, "status": str, "created": str, "artifacts": list}


def load_run(path: Path) -> Run:
    """Read the run in folder `path`.

    Raises:
        RequestError: no readable record, a record of the future, or one without its main keys.
    """
    record = read_json(path / RECORD_FILE)
    if record is None:
        raise RequestError(f"'{path}' holds no readable {RECORD_FILE}.", "Name a run folder.")
    record = upgrade(record)
    wrong = [k for k, kind in _REQUIRED.items() if not isinstance(record.get(k), kind)]
    if wrong or record["status"] not in STATUSES or not _artifacts_readable(record["artifacts"]):
        what = ", ".join(wrong) or "status or artifacts"
        raise RequestError(f"the record in '{path}' is damaged at {what}.", "Repeat the run.")
    record.setdefault("steps", [])
    return Run(path.absolute(), with_real_status(record))


def with_real_status(record: Record) -> Record:
    """The record itself, or, when it says running but its process is dead, as failed."""
    if record["status"] != "running" or is_alive(process_from(record)):
        return record
    return {
        **record,
        "status": "failed",
        "error": {"type": "interrupted", "message": INTERRUPTED},
    }


def seconds_between(created: str, finished: str | None) -> float | None:
    """Seconds from one ISO 8601 moment to another; None without an end."""
    if finished is None:
        return None
    try:
        return (datetime.fromisoformat(finished) - datetime.fromisoformat(created)).total_seconds()
    except ValueError:
        return None


def unreadable(path: Path, problem: str) -> RunSummary:
    """The line of a folder that looks like a run and cannot be read."""
    return RunSummary(
        path.name, path, "", "unreadable", "", None, None, None, (), (), {}, None, "", problem
    )


def _artifacts_readable(artifacts: Sequence[Any]) -> bool:
    return all(isinstance(a, dict) and isinstance(a.get("name"), str) for a in artifacts)
