"""Processes that other processes wrote down: do they live, and how are they stopped?"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import psutil

# The start time is boot time plus ticks, and the boot time moves by up to a second when the
# clock is corrected. A process identifier does not come back within two seconds.
START_TOLERANCE = 2.0
GRACE = (15.0, 5.0)  # seconds after SIGINT (a long call into C answers late), after SIGTERM
POLL_SECONDS = 0.05


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


def ask_to_stop(process: ProcessId) -> None:
    """Interrupt a process, as Ctrl-C does.

    A shell without job control (a script, a CI step) starts what it puts into the background with
    SIGINT ignored; such a command is asked by SIGTERM, which `kenshin` takes the same way.
    """
    number = signal.SIGTERM if _ignores_interrupt(process.pid) else signal.SIGINT
    with contextlib.suppress(ProcessLookupError):
        os.kill(process.pid, number)


def _ignores_interrupt(pid: int) -> bool:
    """Whether SIGINT is ignored; False where the system does not tell (no /proc)."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return False
    masks = [line.split()[1] for line in lines if line.startswith("SigIgn:")]
    return bool(masks) and bool(int(masks[0], 16) & 1 << signal.SIGINT - 1)


def stop_group(process: ProcessId, grace: Sequence[float] = GRACE) -> None:
    """End a process that leads its own group, politely first, and all that it started.

    SIGINT lets a command mark its run as cancelled; SIGTERM and SIGKILL follow for one that does
    not listen. Returns when the process is gone.

    Args:
        process: leader of a process group.
        grace: seconds to wait after SIGINT and after SIGTERM.
    """
    for number, seconds in zip((signal.SIGINT, signal.SIGTERM), grace, strict=True):
        if not is_alive(process):
            break
        _signal_group(process.pid, number)
        _wait_until_dead(process, seconds)
    # Always: helpers of a command that ended by itself would otherwise live on.
    _signal_group(process.pid, signal.SIGKILL)
    _wait_until_dead(process, grace[-1])


def _signal_group(group: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def _wait_until_dead(process: ProcessId, seconds: float) -> None:
    end = time.monotonic() + seconds
    while is_alive(process) and time.monotonic() < end:
        time.sleep(POLL_SECONDS)
