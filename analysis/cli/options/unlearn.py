"""Options of `kenshin unlearn`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from analysis.audit.specs import BUDGETS
from analysis.cli.options.base import analysis_options, command_of, runs_option
from analysis.cli.options.inputs import look_options, removal_inputs, trigger_option
from analysis.unlearn.masks.specs import MASKS
from analysis.unlearn.objectives.specs import OBJECTIVES


def add(commands: Any) -> None:
    """Add the command."""
    command = command_of(
        commands,
        "unlearn",
        "Remove a trojan: cleaned weights with guards, figures and a way back.",
        "analysis.cli.unlearn:run",
    )
    removal_inputs(command)
    option = command.add_argument
    names = ", ".join(spec.name for spec in OBJECTIVES)
    option("--method", metavar="NAME", help=f"auto (default), {names}")
    option("--start", metavar="MODEL", help="for --method retrain: weights to begin with")
    _knobs(command)
    trigger_option(command)
    option("--no-reinspect", action="store_true", help="do not inspect the cleaned model again")
    audit = command.add_mutually_exclusive_group()
    audit.add_argument(
        "--audit",
        choices=[budget.name for budget in BUDGETS],
        help="budget of the audit that follows (default quick, where a clean model is known)",
    )
    audit.add_argument("--no-audit", action="store_true", help="leave the audit to later")
    option("--out", type=Path, metavar="DIR", help="a copy of the cleaned checkpoint goes there")
    analysis_options(command)
    runs_option(command)
    option(
        "--gate",
        action="store_true",
        help="exit 3 for inverted, not cleaned or hidden, 4 for declined or an unclear audit",
    )
    option("--json", action="store_true", help="last output line is a JSON object")
    option("--job-dir", type=Path, help=argparse.SUPPRESS)


def _knobs(command: argparse.ArgumentParser) -> None:
    option = command.add_argument
    masks = ", ".join(spec.name for spec in MASKS)
    option("--mask", metavar="NAME", help=f"which weights may change (default all): {masks}")
    option("--mask-from", metavar="RUN", help="the mask that an earlier removal computed")
    option("--mask-ratio", type=float, metavar="R", help="share of weights (default 0.2)")
    option(
        "--progressive",
        action="store_true",
        default=None,
        help="with --mask: growing masks of 1 to 20 %%, undone where they do not help",
    )
    option("--lora", type=int, metavar="RANK", help="learn low-rank adapters, then merge them")
    option("--mask-layers", metavar="L", help="for --mask layers: 0,3 or decoder:1-3")
    option("--learning-rate", type=float, metavar="R", help="default: the method's own")
    option("--strength", type=float, metavar="S", help="the method's own weight")
    option("--retain-weight", type=float, metavar="W", help="weight of clean samples (default 1)")
    option("--batch-size", type=int, metavar="B", help="samples of each part per step (default 16)")
    option("--accuracy-budget", type=float, metavar="A", help="accuracy to lose (default 0.01)")
    option(
        "--search-seconds",
        type=float,
        metavar="S",
        help="CPU seconds after which Auto begins no further full run (default 75)",
    )
    look_options(command)
