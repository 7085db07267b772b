"""What a user sets in motion: jobs, uploads and marks; never cached."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

from analysis.runs import jobs
from analysis.runs.annotations import mark_samples, read_marks
from analysis.runs.job_result import job_result
from analysis.runs.jobs import Job
from analysis.runs.run import Run
from analysis.runs.uploads import save_upload
from dashboard import services


def job_list() -> tuple[Job, ...]:
    """All jobs of this runs folder, newest first."""
    return jobs.list(services.runs_root())


def start_job(argv: Sequence[str]) -> str:
    """Queue a command.

    Raises:
        RequestError: it may not be started, or the folder cannot be written.
    """
    return jobs.start(services.runs_root(), argv)


def result_of(job_id: str) -> dict[str, Any] | None:
    """What a finished job printed as its last line of JSON; None without."""
    return job_result(services.runs_root(), job_id)


def marks(run: Run) -> dict[str, str]:
    """sample_id -> "confirmed" or "dismissed", as analysts left them."""
    return dict(read_marks(run))


def mark(run: Run, sample_ids: Sequence[str], word: str) -> None:
    """Note a mark ("confirmed", "dismissed" or "none") on samples.

    Raises:
        RequestError: the run folder cannot be written.
    """
    mark_samples(run, sample_ids, word)


def keep_upload(name: str, stream: BinaryIO) -> Path:
    """Store an uploaded sample file beside the runs.

    Raises:
        RequestError: it is empty, too large or not a sample file.
    """
    return save_upload(services.runs_root(), name, stream)


def cancel_job(job_id: str) -> None:
    """Ask a job to stop.

    Raises:
        RequestError: there is no such job.
    """
    jobs.cancel(services.runs_root(), job_id)
