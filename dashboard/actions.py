"""What a user sets in motion: jobs, uploads, marks and approvals; never cached.

Every act that changes something passes `_by_operator`: it is refused for viewers here, whatever
the screens draw, and noted in the trail under the name of the login.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, ParamSpec, TypeVar

from analysis.report.document.approve import Wish
from analysis.report.document.approve import approve as note_approval
from analysis.runs import jobs, provenance
from analysis.runs.annotations import mark_samples, read_marks, remove_view, save_view
from analysis.runs.job_result import job_result
from analysis.runs.jobs import Job
from analysis.runs.run import Run
from analysis.runs.store import RunStore
from analysis.runs.trail import head, note_if_possible
from analysis.runs.trail_actor import acting
from analysis.runs.trail_approval import Approval
from analysis.runs.trail_runs import note_report
from analysis.runs.uploads import save_upload
from dashboard import access, services

Given = ParamSpec("Given")
Result = TypeVar("Result")


def _by_operator(act: Callable[Given, Result]) -> Callable[Given, Result]:
    """Refuse viewers, and let what happens be noted under the name of the login."""

    @functools.wraps(act)
    def checked(*args: Given.args, **kwargs: Given.kwargs) -> Result:
        access.require_operator()
        with acting(access.actor()):
            return act(*args, **kwargs)

    return checked


def job_list() -> tuple[Job, ...]:
    """All jobs of this runs folder, newest first."""
    return jobs.list(services.runs_root())


@_by_operator
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


@_by_operator
def mark(run: Run, sample_ids: Sequence[str], word: str) -> None:
    """Note a mark ("confirmed", "dismissed" or "none") on samples.

    Raises:
        RequestError: the run folder cannot be written.
    """
    mark_samples(run, sample_ids, word)


@_by_operator
def keep_view(run: Run, name: str, shown: Mapping[str, Any]) -> None:
    """Save the state of a screen under a name.

    Raises:
        RequestError: an empty or overlong name, or a run folder that cannot be written.
    """
    save_view(run, name, shown)


@_by_operator
def drop_view(run: Run, name: str) -> None:
    """Delete a saved view.

    Raises:
        RequestError: the run folder cannot be written.
    """
    remove_view(run, name)


@_by_operator
def keep_upload(name: str, stream: BinaryIO) -> Path:
    """Store an uploaded sample file beside the runs.

    Raises:
        RequestError: it is empty, too large or not a sample file.
    """
    return save_upload(services.runs_root(), name, stream)


@_by_operator
def cancel_job(job_id: str) -> None:
    """Ask a job to stop.

    Raises:
        RequestError: there is no such job.
    """
    jobs.cancel(services.runs_root(), job_id)


@_by_operator
def delete_run(run_id: str, reason: str) -> None:
    """Take a run's folder away; the trail keeps what it was.

    Raises:
        RequestError: it does not exist or still runs.
    """
    RunStore(services.runs_root()).delete(run_id, reason)


@_by_operator
def approve(run: Run, wish: Wish) -> Approval:
    """Vouch for the model of a run's chain; with a login, nobody can write another name.

    Raises:
        RequestError: something is missing and no reason is given for going on.
    """
    own = access.name()
    if own:
        wish = Wish(wish.to, own, wish.note, wish.policy, wish.override)
    return note_approval(run, wish)


@_by_operator
def write_provenance(sha256: str, values: Mapping[str, str]) -> None:
    """Write down what is known about the origin of a model.

    Raises:
        RequestError: a text that is too long, or a folder that cannot be written.
    """
    provenance.write_provenance(services.runs_root(), sha256, values)


def trail_stamp() -> str:
    """Hash of the last act in this runs folder."""
    return head(services.runs_root()).sha256


def exported(name: str, rows: int, make: Callable[[], bytes]) -> Callable[[], bytes]:
    """Let `make` run when somebody downloads, and note that they did; viewers may do so, too."""
    who, root = access.actor(), services.runs_root()

    def noted() -> bytes:
        content = make()
        with acting(who):
            prints = {name: hashlib.sha256(content).hexdigest()}
            note_if_possible(root, "samples.exported", prints=prints, rows=rows)
        return content

    return noted


def reported(run: Run, files: Mapping[str, bytes]) -> str:
    """Note that documents were made, which viewers may do, too; why not noted, else empty."""
    with acting(access.actor()):
        return note_report(run, files, "browser")
