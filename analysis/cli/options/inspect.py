"""Options of `kenshin inspect`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from analysis.cli.options.base import analysis_options, command_of, runs_option
from analysis.cli.options.inputs import control_option, file_options


def add(commands: Any) -> None:
    """Add the command."""
    command = command_of(
        commands,
        "inspect",
        "Compare a suspect model with a clean one on a sample file.",
        "analysis.cli.inspect:run",
    )
    # Required unless --like supplies them; checked in the command.
    command.add_argument("--suspect", metavar="MODEL", help="local folder or hub id")
    command.add_argument("--reference", metavar="MODEL", help="clean model of the same shape")
    control_option(command, "further clean models, for the clean-clean null (repeatable)")
    file_options(command, ("samples", "trusted", "test", "triggered"))
    command.add_argument("--like", metavar="RUN", help="repeat this run's configuration")
    runs_option(command)
    analysis_options(command)
    command.add_argument("--gate", action="store_true", help="exit 3 if found, 4 if inconclusive")
    command.add_argument("--json", action="store_true", help="last output line is a JSON object")
    command.add_argument("--job-dir", type=Path, help=argparse.SUPPRESS)
