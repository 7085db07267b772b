"""Options of `kenshin health`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from analysis.audit.specs import BUDGETS
from analysis.cli.options.base import command_of, runs_option


def add(commands: Any) -> None:
    """Add the command."""
    command = command_of(
        commands,
        "health",
        "Repeat a stored inspection on a new checkpoint or new inputs and measure drift.",
        "analysis.cli.health:run",
    )
    option = command.add_argument
    option("baseline", metavar="RUN", help="the inspection whose configuration is repeated")
    option("--suspect", metavar="MODEL", help="a new checkpoint; default the same model")
    option("--samples", type=Path, metavar="FILE", help="new inputs; default the same samples")
    option(
        "--alarms-per-month",
        type=float,
        default=1.0,
        metavar="N",
        help="false drift alarms a month that are bearable (default 1)",
    )
    option(
        "--checks-per-month",
        type=float,
        default=30.0,
        metavar="N",
        help="how often this command runs (default 30)",
    )
    option(
        "--audit",
        metavar="RUN",
        help="an unlearn or audit run: attack the checkpoint as that run's model was attacked",
    )
    option("--budget", choices=[b.name for b in BUDGETS], default="quick", help="default quick")
    runs_option(command)
    option(
        "--gate",
        action="store_true",
        help="exit 3 if found, present or hidden; 4 if inconclusive, unclear or drifted",
    )
    option("--json", action="store_true", help="machine-readable last line")
    option("--job-dir", type=Path, help=argparse.SUPPRESS)
