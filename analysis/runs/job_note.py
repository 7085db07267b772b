"""How a command tells the job that started it which run it makes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from analysis.runs.atomic import write_text
from analysis.runs.progress import Progress
from analysis.runs.writer import RunWriter


def introduce(
    writer: RunWriter, listener: Callable[[Progress], None] | None, job_dir: Path | None
) -> None:
    """Tie a new run to those who wait for it: its progress to the listener, its name to the job."""
    writer.listener = listener
    if job_dir is not None:
        note_run(job_dir, writer.run_id)


def note_run(job_dir: Path, run_id: str) -> None:
    """Write the run's name into the job's folder; a folder that has gone is nobody's loss."""
    if job_dir.is_dir():
        write_text(job_dir / "run_id", run_id)
