"""Jobs: the commands that the dashboard starts, one at a time per runs folder.

A job is the very command that a user would type, in its own session, so that a closed tab or a
restarted dashboard loses nothing. `start` is the only place where the dashboard makes a process.
Needs a POSIX system (sessions, flock).
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from analysis.errors import RequestError
from analysis.runs.job_files import ENDED, JOBS_FOLDER, LOST, JobFolder, Status, job_names
from analysis.runs.processes import (
    GRACE,
    ProcessId,
    ask_to_stop,
    is_alive,
    process_from,
    process_of,
    stop_group,
)
from analysis.runs.progress import Progress, read_progress
from analysis.runs.store import RunStore
from analysis.runs.trail import note
from analysis.runs.trail_actor import acting, actor_of_job

COMMAND = (sys.executable, "-m", "analysis.cli")
_being_stopped: set[ProcessId | None] = set()
KEPT_JOBS = 100  # ended jobs beyond these are forgotten; their runs stay

# Subcommand -> options that the job adds. No other command may be started from a browser.
ALLOWED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "inspect": ("--runs", "--job-dir"),
        "demo": ("--runs", "--job-dir", "--no-dashboard"),  # the dashboard is what started it
        "scan": ("--runs", "--job-dir"),
        "train": ("--runs", "--job-dir"),
        "unlearn": ("--runs", "--job-dir"),
        "sweep": ("--runs", "--job-dir"),
        "audit": ("--runs", "--job-dir"),
        "health": ("--runs", "--job-dir"),
        "report": ("--runs", "--job-dir"),
        "guard": ("--runs", "--job-dir"),
        "convert": ("--job-dir",),
        "poison": ("--job-dir",),
    }
)


@dataclass(frozen=True)
class Job:
    """A job as it is now.

    Attributes:
        error: the last sentence of the command about what went wrong, for the screen.
        ahead: jobs that come before a queued one.
    """

    id: str
    argv: tuple[str, ...]
    status: Status
    created: str
    started: str | None
    finished: str | None
    exit_code: int | None
    run_id: str | None
    progress: Progress | None
    stderr_tail: str
    error: str
    cancelling: bool
    ahead: int = 0

    @property
    def ended(self) -> bool:
        """True when nothing will happen any more."""
        return self.status in ENDED


def start(root: Path | str, argv: Sequence[str]) -> str:
    """Queue one `kenshin` command and return the name of its job.

    Args:
        root: the runs folder; made when missing.
        argv: subcommand and options, as typed after `kenshin`. `--runs` and the hidden
            `--job-dir` are added here.

    Raises:
        RequestError: a subcommand outside `ALLOWED`, an option that jobs set themselves, or a
            folder that cannot be written.
    """
    store = RunStore(root)
    _check_argv(argv)
    try:
        (store.root / JOBS_FOLDER).mkdir(parents=True, exist_ok=True)
        with _queue_lock(store.root):
            job_id = _enqueue(store.root, argv)
        note(store.root, "job.started", job=job_id, argv=tuple(argv))
        return job_id
    except OSError as error:
        raise RequestError(
            f"no job can be started below '{store.root}' ({error.strerror or error})."
        ) from error


def cancel(root: Path | str, job_id: str) -> None:
    """Ask a job to stop; its run ends as cancelled and stays readable. Ended jobs stay as they are.

    Raises:
        RequestError: there is no such job.
    """
    folder = _folder(RunStore(root).root, job_id)
    if folder.state().status in ENDED:
        return
    note(RunStore(root).root, "job.cancelled", folder.run_id() or "", job=job_id)
    folder.ask_to_stop()  # the supervisor sees it and stops the command step by step
    _stop_abandoned(folder)
    _clean(folder)


def cancel_run(root: Path | str, ref: str) -> bool:
    """Ask whoever makes run `ref` to stop, a job or a terminal command; False if nobody does.

    Raises:
        RequestError: there is no such run.
    """
    store = RunStore(root)
    run = store.open(ref)
    for job_id in reversed(job_names(store.root)):
        folder = JobFolder(store.root, job_id)
        if folder.run_id() == run.run_id and folder.state().status not in ENDED:
            cancel(store.root, job_id)
            return True
    if run.status != "running":
        return False
    process = process_from(run.record)
    if process is None or not is_alive(process):
        return False
    note(store.root, "job.cancelled", run.run_id, process=process.pid)
    ask_to_stop(process)
    return True


def get(root: Path | str, job_id: str) -> Job:
    """One job as it is now.

    Raises:
        RequestError: there is no such job.
    """
    return _job(_folder(RunStore(root).root, job_id))


def list(root: Path | str) -> tuple[Job, ...]:  # noqa: A001 - reads as jobs.list
    """All jobs, newest first; jobs that nobody watches any more are given their end."""
    absolute = RunStore(root).root
    jobs = [_job(JobFolder(absolute, name)) for name in job_names(absolute)]
    ahead, result = 0, []
    for job in jobs:
        result.append(_replace_ahead(job, ahead) if job.status == "queued" else job)
        ahead += not job.ended
    return tuple(reversed(result))


def _check_argv(argv: Sequence[str]) -> None:
    command = argv[0] if argv else ""
    if command not in ALLOWED:
        raise RequestError(
            f"'{command}' cannot be started as a job.", f"Choose from {', '.join(ALLOWED)}."
        )
    for word in argv[1:]:
        if word == "--" or word.partition("=")[0] in ALLOWED[command]:
            raise RequestError(f"a job sets '{word}' itself.", "Leave it out.")
        if "\0" in word:
            raise RequestError("an argument of the job holds a NUL character.", "Remove it.")


def _enqueue(root: Path, argv: Sequence[str]) -> str:
    """Make the job and its supervisor; the caller holds the queue lock."""
    names = job_names(root)
    _forget_old(root, names)
    number = int(names[-1][:6]) + 1 if names else 1
    folder = JobFolder(root, f"{number:06d}-{secrets.token_hex(4)}")
    values = {"--runs": [str(root)], "--job-dir": [str(folder.path)]}
    added = [word for option in ALLOWED[argv[0]] for word in (option, *values.get(option, []))]
    folder.create(argv, [*COMMAND, *argv, *added], GRACE)
    package_home = str(Path(__file__).parents[2])
    # Safe path: a folder named "analysis" in the user's working directory must not be imported.
    path = os.pathsep.join(filter(None, (package_home, os.environ.get("PYTHONPATH"))))
    with (folder.path / "supervisor.log").open("wb") as log:
        supervisor = subprocess.Popen(
            [sys.executable, "-m", "analysis.runs.job_worker", str(root), folder.job_id],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={**os.environ, "PYTHONPATH": path, "PYTHONSAFEPATH": "1"},
            start_new_session=True,
        )
    folder.note_process("supervisor", process_of(supervisor.pid))
    # Somebody must wait for a child, else it stays a zombie while the dashboard lives.
    threading.Thread(target=supervisor.wait, daemon=True).start()
    return folder.job_id


def _forget_old(root: Path, names: Sequence[str]) -> None:
    for name in names[:-KEPT_JOBS]:
        folder = JobFolder(root, name)
        if folder.state().status in ENDED:
            shutil.rmtree(folder.path, ignore_errors=True)


def _folder(root: Path, job_id: str) -> JobFolder:
    folder = JobFolder(root, job_id)
    if not folder.path.is_dir():
        raise RequestError(f"job '{job_id}' is not in '{root}'.", "It may have been forgotten.")
    return folder


def _job(folder: JobFolder) -> Job:
    _clean(folder)
    if folder.stop_asked() and folder.ended() is None:
        _stop_in_background(folder)
    state, asked, run_id = folder.state(), folder.asked(), folder.run_id()
    tail = folder.tail()
    return Job(
        id=folder.job_id,
        argv=tuple(asked.get("argv", ())),
        status=state.status,
        created=str(asked.get("created", "")),
        started=folder.begun(),
        finished=folder.ended(),
        exit_code=state.exit_code,
        run_id=run_id,
        progress=read_progress(folder.root / run_id) if run_id else None,
        stderr_tail=tail,
        error=_sentence(tail, state.reason) if state.status == "failed" else "",
        cancelling=folder.stop_asked() and state.status not in ENDED,
    )


def _stop_abandoned(folder: JobFolder) -> None:
    """Do the supervisor's work for a command whose supervisor was killed."""
    command = folder.process("process")
    if command is not None and is_alive(command) and not is_alive(folder.process("supervisor")):
        stop_group(command, folder.asked().get("grace", GRACE))


def _stop_in_background(folder: JobFolder) -> None:
    """The same while a screen polls; a second SIGINT would disturb the command's own ending."""
    command = folder.process("process")
    if command in _being_stopped or is_alive(folder.process("supervisor")):
        return
    _being_stopped.add(command)
    threading.Thread(target=_stop_abandoned, args=(folder,), daemon=True).start()


def _clean(folder: JobFolder) -> None:
    """Give an end to a job whose supervisor and command are both gone."""
    state = folder.state()
    if state.status not in ENDED or folder.ended() is not None:
        return
    folder.note_exit(LOST)
    run_id = folder.run_id()
    if run_id is not None:
        # The run may have been deleted.
        with contextlib.suppress(RequestError), acting(actor_of_job(folder.path)):
            RunStore(folder.root).settle(
                run_id, "cancelled" if state.status == "cancelled" else "failed"
            )


def _sentence(tail: str, reason: str) -> str:
    lines = tail.splitlines()
    for line in reversed(lines):
        for start_of_line in ("kenshin: error: ", "kenshin: failed: "):
            if line.startswith(start_of_line):
                return line.removeprefix(start_of_line)
    return reason or (lines[-1] if lines else "the command failed without a message")


def _replace_ahead(job: Job, ahead: int) -> Job:
    return Job(**{**job.__dict__, "ahead": ahead})


@contextlib.contextmanager
def _queue_lock(root: Path) -> Iterator[None]:
    with (root / JOBS_FOLDER / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
