"""Options of `kenshin facts`, and those of `kenshin audit` that concern facts."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from analysis.audit.facts_specs import FACTS_METHODS
from analysis.cli.options.base import command_of


def add(commands: Any) -> None:
    """Add the command."""
    command = command_of(
        commands,
        "facts",
        "Facts in language models: write the shipped ones, or unlearn some into a new folder.",
        "analysis.cli.facts:run",
    )
    option = command.add_argument
    option("action", choices=("write", "unlearn"), help="what to do")
    option("--out", type=Path, required=True, metavar="DIR", help="a new folder")
    option("--model", metavar="MODEL", help="causal language model (unlearn)")
    option("--facts", type=Path, metavar="FILE", help="questions to unlearn")
    option("--retain", type=Path, metavar="FILE", help="questions to keep")
    names = ", ".join(method.name for method in FACTS_METHODS)
    option("--method", default="grad_diff", metavar="NAME", help=f"{names}; default grad_diff")
    option("--mask", metavar="NAME", help="change only some weights: wagle, random, …")
    option("--mask-ratio", type=float, default=0.2, metavar="R", help="their share, default 0.2")
    option("--learning-rate", type=float, metavar="LR", help="default: the method's own")
    option("--steps", type=int, metavar="N", help="default: the method's own")
    option("--seed", type=int, default=0, help="equal seeds give equal results (default 0)")
    option("--json", action="store_true", help="last output line is a JSON object")
    option("--job-dir", type=Path, help=argparse.SUPPRESS)


def facts_options(command: argparse.ArgumentParser) -> None:
    """`--facts FILE` and `--folds K`; with them the audit asks a language model questions."""
    command.add_argument(
        "--facts",
        type=Path,
        metavar="FILE",
        help="audit facts: questions with answers (Deeb & Roger, WMDP or TOFU shape)",
    )
    command.add_argument(
        "--folds", type=int, metavar="K", help="folds of --facts without a fold column (default 5)"
    )
