"""Options of `kenshin guard`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from analysis.cli.options.base import command_of, runs_option


def add(commands: Any) -> None:
    """Add the command."""
    command = command_of(
        commands,
        "guard",
        "Turn what a run flagged into a quarantine list, clean data and an input filter.",
        "analysis.cli.guard:run",
    )
    command.add_argument("ref", metavar="RUN", help="an inspection or a scan")
    command.add_argument("--out", type=Path, required=True, metavar="DIR", help="a new folder")
    runs_option(command)
    command.add_argument(
        "--seed", type=int, default=0, help="equal seeds give equal results (default 0)"
    )
    command.add_argument("--json", action="store_true", help="last output line is a JSON object")
    command.add_argument("--job-dir", type=Path, help=argparse.SUPPRESS)
