"""What a finished job printed as its last line, where that is a JSON object (`--json`)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from analysis.runs.job_files import JobFolder

MAX_BYTES = 8_000_000  # a result beyond this is not shown


def job_result(root: Path, job_id: str) -> dict[str, Any] | None:
    """The object on the last line of the job's standard output; None where there is none.

    Raises:
        RequestError: a name that is none of a job.
    """
    path = JobFolder(root, job_id).path / "stdout"
    try:
        if path.stat().st_size > MAX_BYTES:
            return None
        lines = path.read_bytes().splitlines()
        value = json.loads(lines[-1]) if lines else None
    except (OSError, ValueError):
        return None
    return value if isinstance(value, dict) else None
