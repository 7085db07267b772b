"""Files that a command writes into a runs folder, noted there: they are read as inputs of runs.

`convert`, `poison` and `facts` have no runs folder of their own. What they write elsewhere is
nobody's business here; a run that reads it later notes its fingerprint.
"""

from __future__ import annotations

from pathlib import Path

from analysis.identity import file_sha256
from analysis.runs.job_files import JOBS_FOLDER
from analysis.runs.trail import TRAIL_FILE, note_if_possible


def note_written(command: str, out: Path, job_dir: Path | None = None) -> str:
    """Note what a command has written: why that was not possible, else empty.

    Args:
        command: its name.
        out: the file or folder that it wrote.
        job_dir: of the job that ran it, if one did; its runs folder notes it, wherever `out` is.
    """
    place = out.resolve()
    root = _runs_folder(place) or _runs_folder_of_job(job_dir)
    if root is None:
        return ""
    files = sorted(f for f in place.rglob("*") if f.is_file()) if place.is_dir() else [place]
    base = place if place.is_dir() else place.parent
    prints = {f.relative_to(base).as_posix(): file_sha256(f) for f in files}
    return note_if_possible(root, "files.written", prints=prints, command=command, out=str(place))


def _runs_folder(place: Path) -> Path | None:
    """The nearest folder above that keeps a trail."""
    return next((folder for folder in place.parents if (folder / TRAIL_FILE).is_file()), None)


def _runs_folder_of_job(job_dir: Path | None) -> Path | None:
    if job_dir is None:
        return None
    folder = job_dir.resolve().parent
    return folder.parent if folder.name == JOBS_FOLDER else None
