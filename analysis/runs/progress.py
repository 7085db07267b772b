"""How far a run has come: `progress.json` beside the record, for jobs and screens."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any, NamedTuple

from analysis.runs.atomic import read_json, write_text
from analysis.runs.record import now, plain

PROGRESS_FILE = "progress.json"
SECONDS_BETWEEN_WRITES = 0.2


class Progress(NamedTuple):
    """One moment of a running stage."""

    stage: str
    done: float
    total: float | None
    rate: float | None  # units per second
    seconds_left: float | None  # of this stage

    @property
    def fraction(self) -> float | None:
        """Share of the stage that is done, 0 to 1; None while the total is unknown."""
        return min(1.0, self.done / self.total) if self.total else None


class ProgressFile:
    """Writes `progress.json`, rarely enough not to slow the work down."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / PROGRESS_FILE
        self._stage = ""
        self._stage_began = 0.0
        self._written = 0.0

    def update(
        self,
        stage: str,
        done: float = 0,
        total: float | None = None,
        rate: float | None = None,
        seconds_left: float | None = None,
    ) -> Progress:
        """Note how far `stage` is; rate and time left are measured where they are not given."""
        clock = time.monotonic()
        fresh = stage != self._stage
        if fresh:
            self._stage, self._stage_began = stage, clock
        elapsed = clock - self._stage_began
        if rate is None and done > 0 and elapsed > 0:
            rate = done / elapsed
        if seconds_left is None and rate and total is not None:
            seconds_left = max(0.0, total - done) / rate
        progress = Progress(stage, done, total, rate, seconds_left)
        complete = total is not None and done >= total
        if fresh or complete or clock - self._written >= SECONDS_BETWEEN_WRITES:
            values: dict[str, Any] = plain(progress._asdict())
            write_text(self._path, json.dumps({**values, "updated": now()}))
            self._written = clock
        return progress

    def remove(self) -> None:
        """Take the file away: the run is done and the record says everything."""
        self._path.unlink(missing_ok=True)


def read_progress(folder: Path) -> Progress | None:
    """The last progress noted in a run folder; None without one."""
    values = read_json(folder / PROGRESS_FILE)
    if values is None or not isinstance(values.get("stage"), str):
        return None
    return Progress(**{name: values.get(name) for name in Progress._fields})  # type: ignore[arg-type]
