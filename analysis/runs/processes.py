"""Is the process that wrote a number down still the same living process?"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, NamedTuple

import psutil

# The start time is boot time plus ticks, and the boot time moves by up to a second when the
# clock is corrected. A process identifier does not come back within two seconds.
START_TOLERANCE = 2.0


class ProcessId(NamedTuple):
    """A process that cannot be confused with a later one of the same number."""

    pid: int
    started: float  # seconds since 1970

    def to_json(self) -> dict[str, Any]:
        """The two keys as they stand in records and job files."""
        return {"pid": self.pid, "process_started": self.started}


def current_process() -> ProcessId:
    """This process."""
    return process_of(os.getpid())


def process_of(pid: int) -> ProcessId:
    """The living process `pid`; a start time of 0 when it has already gone."""
    try:
        return ProcessId(pid, psutil.Process(pid).create_time())
    except psutil.Error:
        return ProcessId(pid, 0.0)


def process_from(values: Mapping[str, Any] | None) -> ProcessId | None:
    """The process that `to_json` wrote; None when the keys are missing or of a wrong type."""
    if values is None:
        return None
    pid, started = values.get("pid"), values.get("process_started")
    if not isinstance(pid, int) or not isinstance(started, int | float) or pid <= 0:
        return None
    return ProcessId(pid, float(started))


def is_alive(process: ProcessId | None) -> bool:
    """True while that very process runs; zombies and reused numbers count as dead."""
    if process is None:
        return False
    try:
        found = psutil.Process(process.pid)
        if abs(found.create_time() - process.started) > START_TOLERANCE:
            return False
        return bool(found.status() not in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD))
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:  # another user's process: it exists, more cannot be known
        return True
