"""Options of `kenshin scan`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from analysis.cli.options.base import command_of, runs_option


def add(commands: Any) -> None:
    """Add the command."""
    command = command_of(
        commands,
        "scan",
        "Look for poison in a sample file alone; needs no model and takes seconds.",
        "analysis.cli.scan:run",
    )
    option = command.add_argument
    option("--samples", type=Path, required=True, metavar="FILE", help="samples, best with labels")
    runs_option(command)
    option("--seed", type=int, help="equal seeds give equal results (default 0)")
    option("--max-samples", type=int, metavar="N", help="a seeded choice of N samples")
    option("--label-column", metavar="C", help="column of the labels (label, target)")
    option("--text-column", metavar="C", help="column of the texts (code, func, text, sentence)")
    option("--config", type=Path, metavar="FILE", help="JSON or TOML with these options")
    option("--gate", action="store_true", help="exit 3 if found, 4 if inconclusive")
    option("--json", action="store_true", help="last output line is a JSON object")
    option("--job-dir", type=Path, help=argparse.SUPPRESS)
