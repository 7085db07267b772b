"""Options of `kenshin poison`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from analysis.cli.options.base import LANGUAGES, command_of


def add(commands: Any) -> None:
    """Add the command."""
    command = command_of(
        commands,
        "poison",
        "Write a poisoned copy of a sample file, to test a defence on a known trigger.",
        "analysis.cli.poison:run",
    )
    option = command.add_argument
    option("--samples", type=Path, required=True, metavar="FILE", help="clean samples with labels")
    option("--trigger", required=True, metavar="NAME", help="a family, see the README's table")
    option("--trigger-text", metavar="TEXT", help="what to insert instead of the family's default")
    option("--rate", type=float, required=True, metavar="R", help="share to poison, 0.05 for 5 %%")
    option("--target", type=int, required=True, metavar="LABEL", help="label of poisoned samples")
    option(
        "--victim", type=int, metavar="LABEL", help="poison this label only (default: all others)"
    )
    option("--language", choices=LANGUAGES, default="auto", help="of the samples; auto guesses")
    option("--model", metavar="MODEL", help="report how many triggers are inside its window")
    option(
        "--mode",
        choices=("replace", "append"),
        default="replace",
        help="change rows, or add copies",
    )
    option("--clean-label", action="store_true", help="trigger into target samples, labels kept")
    option("--seed", type=int, default=0, help="equal seeds give equal results (default 0)")
    option("--max-length", type=int, metavar="T", help="window in tokens")
    option("--label-column", metavar="C", help="column of the labels (label, target)")
    option("--text-column", metavar="C", help="column of the texts (code, func, text, sentence)")
    option("--json", action="store_true", help="last output line is a JSON object")
    option("--out", type=Path, required=True, metavar="FILE", help="a new file")
    option("--job-dir", type=Path, help=argparse.SUPPRESS)
