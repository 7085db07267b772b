"""How a command tells the job that started it which run it makes."""

from __future__ import annotations

from pathlib import Path

from analysis.runs.atomic import write_text


def note_run(job_dir: Path, run_id: str) -> None:
    """Write the run's name into the job's folder; a folder that has gone is nobody's loss."""
    if job_dir.is_dir():
        write_text(job_dir / "run_id", run_id)
