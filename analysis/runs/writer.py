"""Write one run: every file whole or not at all, every state readable from outside."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import pandas as pd

from analysis.errors import Cancelled, KenshinError, RequestError
from analysis.identity import file_sha256
from analysis.runs.atomic import safe_name, write_atomically, write_text
from analysis.runs.progress import Progress, ProgressFile
from analysis.runs.provenance import about
from analysis.runs.record import RECORD_FILE, now, plain, seal, seal_of
from analysis.runs.run import Run, load_run
from analysis.runs.steps import Step, describe, type_name
from analysis.runs.tables import SORTED_BY, check_table, write_parquet
from analysis.runs.trail import note
from analysis.runs.trail_runs import note_created, note_ended, present_head
from analysis.runs.upgrade import Record

TRACEBACK_FILE = "error.txt"


class RunWriter:
    """A run that is being made; use it as a context manager.

    Leaving the block normally finishes the run. A wrong request (`RequestError`) leaves no run
    behind, `Cancelled` and Ctrl-C leave a cancelled one, any other exception a failed one; the
    exception always travels on.

    Attributes:
        path: absolute run folder.
        listener: called with every progress update (the command line prints it).
    """

    def __init__(self, path: Path, record: Record, discard: Callable[[], None]) -> None:
        self.path = path
        self.listener: Callable[[Progress], None] | None = None
        self._record = record
        self._discard = discard
        self._progress = ProgressFile(path)

    @property
    def run_id(self) -> str:
        """Name of the run."""
        return str(self._record["run_id"])

    @property
    def record(self) -> Record:
        """A copy of the record as it stands."""
        copy: Record = plain(self._record)
        return copy

    @property
    def status(self) -> str:
        """running, until finish, fail, cancel or discard."""
        return str(self._record["status"])

    def read(self) -> Run:
        """The run as a reader sees it now."""
        return load_run(self.path)

    # What happens in it

    @contextmanager
    def step(
        self, name: str, *, optional: bool = False, makes: Sequence[str] = ()
    ) -> Iterator[Step]:
        """Record a step as done, skipped or failed, with its seconds.

        Args:
            name: of the step.
            optional: an ordinary failure is noted and the run goes on.
            makes: tables of the step, so that a missing one can be blamed on it.
        """
        began = time.monotonic()
        step = Step()
        try:
            yield step
        except Exception as error:
            step.fail(error)
            if not optional or isinstance(error, Cancelled):
                raise
        except BaseException as error:
            step.fail(error)
            raise
        finally:
            self._note_step(name, step, time.monotonic() - began, makes)

    def skip_step(self, name: str, reason: str, makes: Sequence[str] = ()) -> None:
        """Record a step that did not begin."""
        step = Step()
        step.skip(reason)
        self._note_step(name, step, 0.0, makes)

    def warn(self, text: str) -> None:
        """Add a sentence to the record's warnings, once."""
        if text not in self._record["warnings"]:
            self._record["warnings"].append(text)
            self._commit()

    def progress(
        self,
        stage: str,
        done: float = 0,
        total: float | None = None,
        rate: float | None = None,
        seconds_left: float | None = None,
    ) -> None:
        """Say how far the work is; rate (per second) and time left are measured when absent."""
        progress = self._progress.update(stage, done, total, rate, seconds_left)
        if self.listener is not None:
            self.listener(progress)

    def set(
        self,
        *,
        inputs: Mapping[str, Any] | None = None,
        environment: Mapping[str, Any] | None = None,
        verdict: Mapping[str, Any] | None = None,
        metrics: Mapping[str, Any] | None = None,
    ) -> None:
        """Fill parts of the record: keys are merged one level deep, a verdict is replaced."""
        merged = {"inputs": inputs, "environment": environment, "metrics": metrics}
        for part, values in merged.items():
            if values is not None:
                self._record[part] = {**self._record[part], **plain(values)}
        if verdict is not None:
            self._record["verdict"] = plain(verdict)
        self._commit()

    # What it leaves behind

    def write_table(
        self, name: str, frame: pd.DataFrame, sort_by: Sequence[str] | None = None
    ) -> Path:
        """Store a table as `<name>.parquet` and list it.

        Args:
            name: of the table; a known name must have the columns of the contract.
            frame: its rows.
            sort_by: order on disk; by default `tables.SORTED_BY`, else as given.

        Raises:
            KenshinError: the table breaks the contract.
        """
        check_table(name, frame)
        self._check_every_sample_ranked(name, frame)
        order = list(SORTED_BY.get(name, ()) if sort_by is None else sort_by)
        ordered = frame.sort_values(order, kind="stable") if order else frame
        return self.write_file(
            f"{name}.parquet", lambda path: write_parquet(path, ordered), rows=len(frame)
        )

    def write_array(self, name: str, array: np.ndarray) -> Path:
        """Store an array as `<name>.npy`; objects are refused, they would need pickle."""

        def save(path: Path) -> None:
            with path.open("wb") as file:
                np.save(file, array, allow_pickle=False)

        return self.write_file(f"{name}.npy", save, rows=len(array) if array.ndim else 1)

    def write_bytes(self, name: str, data: bytes) -> Path:
        """Store `data` under its full file name."""
        return self.write_file(name, lambda path: path.write_bytes(data))

    def write_file(
        self, name: str, write: Callable[[Path], object], rows: int | None = None
    ) -> Path:
        """Let `write` fill a temporary file, then put it in place and list it with its hash."""
        path = self.path / safe_name(name)
        if name in (RECORD_FILE, TRACEBACK_FILE):
            raise KenshinError(f"'{name}' belongs to the store.", "Choose another name.")
        self._note_created()
        write_atomically(path, write)
        entry = {"name": name, "sha256": file_sha256(path), "rows": rows}
        # One list, in the order of writing; a table written again replaces its entry.
        others = [e for e in self._record["artifacts"] if e["name"] != name]
        self._record["artifacts"] = [*others, entry]
        self._commit()
        return path

    # How it ends

    def finish(self) -> None:
        """The run is done; later changes are errors."""
        self._end("done", None)
        self._progress.remove()

    def fail(self, error: BaseException | str) -> None:
        """The run failed; a traceback, if there is one, goes to `error.txt`."""
        if isinstance(error, BaseException) and not isinstance(error, KenshinError):
            text = "".join(traceback.format_exception(error))
            write_text(self.path / TRACEBACK_FILE, text.encode("utf-8", "replace").decode("utf-8"))
        self._end("failed", {"type": type_name(error), "message": describe(error)})

    def cancel(self, reason: str = "stopped by the user") -> None:
        """The run was stopped; what is listed stays readable."""
        self._end("cancelled", {"type": "Cancelled", "message": reason})

    def discard(self) -> None:
        """The request was wrong: take the folder away as if it had never been."""
        self._record["status"] = "discarded"
        self._discard()
        if "trail" in self._record:
            note(self.path.parent, "run.discarded", self.run_id)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        if self.status == "running":  # else the block ended it itself
            self._close(error)
        if isinstance(error, Cancelled | KeyboardInterrupt) and self.status == "cancelled":
            error.add_note(f"run {self.run_id} was {self._record['error']['message']}")

    def _close(self, error: BaseException | None) -> None:
        if error is None:
            self.finish()
        elif isinstance(error, RequestError):
            self.discard()
        elif isinstance(error, Cancelled | KeyboardInterrupt):
            self.cancel()
        else:
            self.fail(error)

    def _end(self, status: str, error: Mapping[str, str] | None) -> None:
        self._require_running()
        self._note_created()
        root = self.path.parent
        said = about(root, self._record)
        if said:  # carried along: the record stands on its own
            self._record["provenance"] = said
        self._record.update(status=status, finished=now(), error=error, trail=present_head(root))
        write_text(self.path / RECORD_FILE, seal(self._record))
        note_ended(root, self._record, seal_of(self._record))

    def _note_created(self) -> None:
        # Not at the very start: a wrong request changes nothing and leaves nothing, no note either.
        if "trail" not in self._record:
            self._record["trail"] = note_created(self.path.parent, self._record)

    def _commit(self) -> None:
        self._require_running()
        write_text(self.path / RECORD_FILE, seal(self._record))

    def _require_running(self) -> None:
        if self.status != "running":
            raise KenshinError(f"run {self.run_id} is {self.status} and cannot be changed.")

    def _note_step(self, name: str, step: Step, seconds: float, makes: Sequence[str]) -> None:
        if self.status != "running":  # ended inside the step
            return
        entry: Record = {"name": name, "status": step.status, "reason": step.reason}
        entry["seconds"] = round(seconds, 3)
        if makes:
            entry["makes"] = list(makes)
        self._record["steps"].append(entry)
        self._commit()

    def _check_every_sample_ranked(self, name: str, frame: pd.DataFrame) -> None:
        listed = {entry["name"]: entry["rows"] for entry in self._record["artifacts"]}
        expected = listed.get("samples.parquet")
        if name == "ranking" and expected is not None and expected != len(frame):
            raise KenshinError(
                f"table 'ranking' has {len(frame)} rows for {expected} samples.",
                "Every sample needs exactly one.",
            )
