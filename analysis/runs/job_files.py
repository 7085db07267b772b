"""The files of one job, `<runs>/.jobs/<id>/`, and what they say together.

argv.json        what was asked: argv, the full command, working directory, moment, who, grace
supervisor.json  pid and start time of the supervisor
process.json     pid and start time of the command, once it runs
stdout, stderr   of the command
run_id           written by the command as soon as its run exists
cancel           a marker: somebody asked to stop
exit_code        of the command, or "lost" when nobody was left to see it
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, NamedTuple

from analysis.errors import RequestError
from analysis.runs.atomic import read_json, write_text
from analysis.runs.processes import ProcessId, is_alive, process_from
from analysis.runs.record import RUN_ID, now
from analysis.runs.trail_actor import current_actor

JOBS_FOLDER = ".jobs"
JOB_ID = re.compile(r"^\d{6}-[0-9a-f]{8}$")
SECONDS_TO_START = 30.0  # a job without a supervisor is young, then it never started
TAIL_BYTES = 8192
LOST = "lost"

Status = Literal["queued", "running", "done", "failed", "cancelled"]
ENDED = ("done", "failed", "cancelled")


class JobState(NamedTuple):
    """What the files of a job say now."""

    status: Status
    exit_code: int | None
    reason: str  # of a failure that left no message of its own


class JobFolder:
    """Reads and writes the files of one job."""

    def __init__(self, root: Path, job_id: str) -> None:
        if not JOB_ID.match(job_id):
            raise RequestError(f"'{job_id}' is not the name of a job.", "Expected 000001-0123abcd.")
        self.root = root
        self.job_id = job_id
        self.path = root / JOBS_FOLDER / job_id

    def create(self, argv: Sequence[str], command: Sequence[str], grace: Sequence[float]) -> None:
        """Make the folder and note what was asked."""
        self.path.mkdir(parents=True)
        asked = {
            "argv": list(argv),
            "command": list(command),
            "cwd": str(Path.cwd()),
            "created": now(),
            "actor": current_actor().to_json(),
            "grace": list(grace),
        }
        write_text(self.path / "argv.json", json.dumps(asked, indent=1))

    def asked(self) -> dict[str, Any]:
        """Content of argv.json; empty when it cannot be read."""
        return read_json(self.path / "argv.json") or {}

    def note_process(self, name: str, process: ProcessId) -> None:
        """Write `supervisor.json` or `process.json`."""
        values = {**process.to_json(), "noted": now()}
        write_text(self.path / f"{name}.json", json.dumps(values))

    def process(self, name: str) -> ProcessId | None:
        """The supervisor or the process, if it was noted."""
        return process_from(read_json(self.path / f"{name}.json"))

    def begun(self) -> str | None:
        """When the command started, ISO 8601."""
        values = read_json(self.path / "process.json")
        return str(values["noted"]) if values and "noted" in values else None

    def ended(self) -> str | None:
        """When the exit code was written, ISO 8601."""
        try:
            moment = (self.path / "exit_code").stat().st_mtime
        except OSError:
            return None
        return datetime.fromtimestamp(moment, UTC).isoformat().replace("+00:00", "Z")

    def note_exit(self, code: int | str) -> None:
        """Write the exit code: the job has ended."""
        write_text(self.path / "exit_code", f"{code}\n")

    def ask_to_stop(self) -> None:
        """Set the marker that the supervisor looks for."""
        write_text(self.path / "cancel", now())

    def stop_asked(self) -> bool:
        """True once somebody asked to stop."""
        return (self.path / "cancel").exists()

    def run_id(self) -> str | None:
        """Name of the run that the command makes; None before it exists and once discarded."""
        name = self._text("run_id")
        if name is None or not RUN_ID.match(name) or not (self.root / name).is_dir():
            return None
        return name

    def tail(self, name: str = "stderr") -> str:
        """The last 8 KB of an output file, from a line start, with rewritten lines resolved."""
        try:
            with (self.path / name).open("rb") as file:
                size = file.seek(0, os.SEEK_END)
                file.seek(max(0, size - TAIL_BYTES))
                data = file.read()
        except OSError:
            return ""
        if size > TAIL_BYTES:
            data = data.partition(b"\n")[2]
        lines = data.decode("utf-8", "replace").splitlines(keepends=False)
        return "\n".join(line for line in lines if line.strip())

    def state(self) -> JobState:
        """Put the files together; nothing is changed."""
        # The exit code is looked at again at the end: it may be written while we look around.
        return (
            self._ended_state() or self._live_state() or self._ended_state() or self._lost_state()
        )

    def _ended_state(self) -> JobState | None:
        text = self._text("exit_code")
        if text is None:
            return None
        if text == LOST or not text.lstrip("-").isdigit():
            return self._lost_state()
        code = int(text)
        if code == 0 or code in GATE_CODES:
            return JobState("done", code, "")
        if code == CANCELLED_CODE or self.stop_asked():
            return JobState("cancelled", code, "")
        reason = f"the command was ended by signal {-code}" if code < 0 else ""
        return JobState("failed", code, reason)

    def _live_state(self) -> JobState | None:
        if is_alive(self.process("process")):
            return JobState("running", None, "")
        supervisor = self.process("supervisor")
        if is_alive(supervisor):
            begun = (self.path / "process.json").exists()
            return JobState("running" if begun else "queued", None, "")
        if supervisor is None and self._age() < SECONDS_TO_START:
            return JobState("queued", None, "")
        return None

    def _lost_state(self) -> JobState:
        run_id = self.run_id()
        record = read_json(self.root / run_id / "record.json") if run_id else None
        if record and record.get("status") == "done":
            return JobState("done", None, "")
        if self.stop_asked():
            return JobState("cancelled", None, "")
        return JobState("failed", None, "interrupted: its process is gone")

    def _age(self) -> float:
        try:
            asked = (self.path / "argv.json").stat().st_mtime
        except OSError:
            return SECONDS_TO_START
        return datetime.now(UTC).timestamp() - asked

    def _text(self, name: str) -> str | None:
        try:
            return (self.path / name).read_text(encoding="utf-8").strip()
        except (OSError, ValueError):
            return None


# Exit codes of the contract: with --gate the work is done and the answer is in the code.
GATE_CODES = (3, 4)
CANCELLED_CODE = 130


def job_names(root: Path) -> tuple[str, ...]:
    """Names of all jobs, first come first."""
    folder = root / JOBS_FOLDER
    if not folder.is_dir():
        return ()
    return tuple(sorted(p.name for p in folder.iterdir() if JOB_ID.match(p.name)))
