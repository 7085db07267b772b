"""Options of `kenshin audit`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from analysis.audit.specs import ATTACKS, BUDGETS
from analysis.cli.options.base import analysis_options, command_of, runs_option
from analysis.cli.options.facts import facts_options
from analysis.cli.options.inputs import (
    REMOVAL_FILES,
    control_option,
    file_options,
    target_option,
)


def add(commands: Any) -> None:
    """Add the command."""
    command = command_of(
        commands,
        "audit",
        "Attack an unlearned model: is the trojan removed or only hidden?",
        "analysis.cli.audit:run",
    )
    option = command.add_argument
    option("--original", metavar="MODEL", help="the model before unlearning")
    option("--unlearned", metavar="MODEL", help="the model after unlearning")
    control_option(
        command,
        "a model that never held the trojan; several: their spread enters the interval",
    )
    file_options(command, REMOVAL_FILES)
    option("--from", dest="from_run", metavar="RUN", help="an unlearn run fills all of these")
    target_option(command)
    option("--budget", choices=[b.name for b in BUDGETS], default=None, help="default quick")
    names = ", ".join(spec.name for spec in ATTACKS)
    option("--attacks", metavar="A,B", help=f"default: those of the budget; {names}")
    facts_options(command)
    analysis_options(command)
    runs_option(command)
    option("--gate", action="store_true", help="exit 3 for present or hidden, 4 for unclear")
    option("--json", action="store_true", help="machine-readable last line")
    option("--job-dir", type=Path, help=argparse.SUPPRESS)
