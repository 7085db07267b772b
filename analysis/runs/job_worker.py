"""Supervisor of one job: waits for its turn, runs the command, notes how it ended.

Started by `jobs.start` as `python -m analysis.runs.job_worker ROOT ID`, in its own session.
The command gets a session of its own and inherits the turn lock: even if this supervisor is
killed, no second command starts before the first one has ended.
"""

from __future__ import annotations

import contextlib
import fcntl
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import IO

from analysis.errors import RequestError
from analysis.runs.job_files import CANCELLED_CODE, ENDED, JOBS_FOLDER, JobFolder, job_names
from analysis.runs.processes import GRACE, POLL_SECONDS, process_of, stop_group
from analysis.runs.trail_actor import acting, actor_of_job

POLL_QUEUE_SECONDS = 0.2
START_FAILED_CODE = 1


def main(root: Path, job_id: str) -> None:
    """Run one job from queue to exit code."""
    # A dashboard started in the background of a script ignores Ctrl-C, and so would the command:
    # the polite way to cancel it must work there too.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    folder = JobFolder(root, job_id)
    with (root / JOBS_FOLDER / ".turn").open("w") as turn:
        code = _run(folder, turn) if _wait_for_turn(folder, turn) else CANCELLED_CODE
    # The exit code comes last: whoever sees it finds the run in its final state.
    _settle_run(folder, code)
    folder.note_exit(code)


def _wait_for_turn(folder: JobFolder, turn: IO[str]) -> bool:
    """Block until all earlier jobs have ended; False if this one is cancelled meanwhile."""
    waiting_for = [name for name in job_names(folder.root) if name < folder.job_id]
    while not folder.stop_asked():
        waiting_for = [n for n in waiting_for if not _has_ended(folder.root, n)]
        if not waiting_for and _try_lock(turn):
            return True
        time.sleep(POLL_QUEUE_SECONDS)
    return False


def _has_ended(root: Path, job_id: str) -> bool:
    folder = JobFolder(root, job_id)
    return not folder.path.is_dir() or folder.state().status in ENDED


def _try_lock(turn: IO[str]) -> bool:
    try:
        fcntl.flock(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _run(folder: JobFolder, turn: IO[str]) -> int:
    asked = folder.asked()
    with (folder.path / "stdout").open("wb") as out, (folder.path / "stderr").open("wb") as err:
        try:
            command = subprocess.Popen(
                asked["command"],
                cwd=asked["cwd"],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                pass_fds=(turn.fileno(),),
                start_new_session=True,
            )
        except OSError as error:
            err.write(f"kenshin: failed: the command cannot be started ({error}).\n".encode())
            return START_FAILED_CODE
        process = process_of(command.pid)
        folder.note_process("process", process)
        while command.poll() is None:
            if folder.stop_asked():
                stop_group(process, asked.get("grace", GRACE))
                return command.wait()
            time.sleep(POLL_SECONDS)
        return command.returncode


def _settle_run(folder: JobFolder, code: int) -> None:
    """A command that was killed could not write the end of its run."""
    run_id = folder.run_id()
    if run_id is None:
        return
    # Not at the top: pandas would lie in memory for as long as the command runs.
    from analysis.runs.store import RunStore

    reason = f"the command ended with code {code} before the run was complete"
    if code < 0:
        reason = f"the command was ended by signal {-code}"
        reason += " (out of memory?)" if code == -9 and not folder.stop_asked() else ""
    with contextlib.suppress(RequestError):  # discarded: the request was wrong
        status, why = (
            ("cancelled", "stopped by the user") if folder.stop_asked() else ("failed", reason)
        )
        with acting(actor_of_job(folder.path)):
            RunStore(folder.root).settle(run_id, status, why)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
