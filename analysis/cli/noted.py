"""Commands without a run of their own, and the trail of the folder that they write into."""

from __future__ import annotations

import argparse
import sys

from analysis.cli.plain import plain_line
from analysis.runs.trail_files import note_written


def note_files(command: str, arguments: argparse.Namespace) -> None:
    """Note what was written to `--out`; say it where that was not possible."""
    missed = note_written(command, arguments.out, getattr(arguments, "job_dir", None))
    if missed:
        print(f"kenshin: {plain_line(missed)}", file=sys.stderr)
