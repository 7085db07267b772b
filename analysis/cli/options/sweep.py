"""Options of `kenshin sweep`."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from analysis.cli.options.base import analysis_options, command_of, runs_option
from analysis.cli.options.inputs import look_options, removal_inputs, trigger_option
from analysis.unlearn.objectives.specs import OBJECTIVES

Number = TypeVar("Number", int, float)


def add(commands: Any) -> None:
    """Add the command."""
    command = command_of(
        commands,
        "sweep",
        "Unlearn over a grid of settings: what does forgetting cost this model?",
        "analysis.cli.sweep:run",
    )
    removal_inputs(command, ("forget", "retain"))
    option = command.add_argument
    names = ", ".join(spec.name for spec in OBJECTIVES)
    option("--method", metavar="NAME", help=f"lya (default), {names}")
    option("--strengths", type=_numbers(float), metavar="S,S", help="default: the method's own")
    option("--learning-rates", type=_numbers(float), metavar="R,R", help="likewise")
    option("--batch-sizes", type=_numbers(int), metavar="B,B", help="default 16")
    look_options(command)
    option("--guard-samples", type=int, metavar="N", help="clean samples looked at (default 300)")
    trigger_option(command)
    analysis_options(command)
    runs_option(command)
    option("--json", action="store_true", help="last output line is a JSON object")
    option("--job-dir", type=Path, help=argparse.SUPPRESS)


def _numbers(kind: Callable[[str], Number]) -> Callable[[str], tuple[Number, ...]]:
    def numbers(text: str) -> tuple[Number, ...]:
        try:
            found = tuple(kind(part) for part in text.split(",") if part.strip())
        except ValueError:
            found = ()
        if not found:
            raise argparse.ArgumentTypeError(
                f"'{text}' is no list of numbers; write them like 1,10,100"
            )
        return found

    return numbers
