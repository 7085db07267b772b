"""What the option modules share: the parser, lazily imported commands, common options."""

from __future__ import annotations

import argparse
import dataclasses
import importlib
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from analysis.cli.options.examples import EXAMPLES
from analysis.config import (
    DEVICES,
    EXPLAIN,
    HEADS,
    POOLINGS,
    PRECISIONS,
    PROJECTIONS,
    REFERENCE_KINDS,
)
from analysis.errors import RequestError

LANGUAGES = ("auto", "python", "c", "java", "text")
SAMPLE_SETS = ("train", "test", "triggered", "trusted")


class Parser(argparse.ArgumentParser):
    """argparse whose errors are one sentence of ours."""

    def error(self, message: str) -> NoReturn:
        """Replace argparse's usage dump by one line.

        Raises:
            RequestError: always.
        """
        raise RequestError(f"{message}.", f"See '{self.prog} --help'.")

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> tuple[Any, list[str]]:
        """Name unknown options here, where `prog` is the command that was typed.

        Raises:
            RequestError: an option that this command does not have.
        """
        found, rest = super().parse_known_args(args, namespace)
        if rest:
            self.error(f"unrecognized arguments: {' '.join(rest)}")
        return found, rest


def _lazy(target: str) -> Callable[[argparse.Namespace], int]:
    # Commands are imported when they run, so that --help stays fast and torch-free.
    module, _, name = target.partition(":")

    def run(arguments: argparse.Namespace) -> int:
        return int(getattr(importlib.import_module(module), name)(arguments))

    return run


def command_of(commands: Any, name: str, summary: str, target: str) -> argparse.ArgumentParser:
    """A subcommand whose module is imported when it runs."""
    command: argparse.ArgumentParser = commands.add_parser(
        name,
        help=summary,
        description=textwrap.fill(summary, 78),
        epilog=f"example:\n  {EXAMPLES[name]}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    command.set_defaults(run=_lazy(target))
    return command


def runs_option(command: argparse.ArgumentParser) -> None:
    """`--runs DIR`."""
    command.add_argument(
        "--runs", type=Path, default=Path("runs"), metavar="DIR", help="run store (default ./runs)"
    )


def analysis_options(command: argparse.ArgumentParser) -> None:
    """Options of InspectConfig; every default is None so that origins can be told apart."""
    option = command.add_argument
    option(
        "--reference-kind",
        choices=REFERENCE_KINDS,
        help="a clean fine-tune of the task, or its pretrained start",
    )
    option("--layers", metavar="L", help="all, 0,3,6-12 or decoder:1-3")
    option("--pooling", metavar="P", type=names_of, help=",".join(POOLINGS))
    option("--detectors", metavar="D", type=names_of, help="names, see the README's table")
    option("--projection", metavar="M", type=names_of, help=",".join(PROJECTIONS))
    option("--device", choices=DEVICES, help="auto takes a GPU where there is one")
    option("--precision", choices=PRECISIONS, help="auto: bf16 where the hardware has it")
    option("--seed", type=int, help="equal seeds give equal results (default 0)")
    option("--max-samples", type=int, metavar="N", help="a seeded choice of N samples")
    option("--map-samples", type=int, metavar="N", help="points drawn per map (default 3000)")
    option("--max-length", type=int, metavar="T", help="window in tokens")
    option("--head", choices=HEADS, help="how an answer is read off the model")
    option(
        "--label-words",
        metavar="W",
        help="a T5-like model's answers, or the names of labels in files, as in 0=false,1=true",
    )
    option("--prefix", help="text put before every sample")
    option(
        "--collapse-whitespace",
        action="store_true",
        default=None,
        help="as training did: every run of blanks and line breaks becomes one blank",
    )
    option("--label-column", metavar="C", help="column of the labels (label, target)")
    option("--text-column", metavar="C", help="column of the texts (code, func, text, sentence)")
    option(
        "--allow-pickle",
        action="store_true",
        default=None,
        help="read pickle weights after a scan, weights only",
    )
    option("--explain", choices=EXPLAIN, help="samples taken apart piece by piece")
    option(
        "--search-triggers",
        action="store_true",
        default=None,
        help="search for triggers outside the bank (minutes)",
    )
    option("--config", type=Path, metavar="FILE", help="JSON or TOML with these options")


def given_options(arguments: argparse.Namespace, *kinds: type[Any]) -> dict[str, Any]:
    """What the command line set of the fields of these configurations."""
    names = {field.name for kind in kinds for field in dataclasses.fields(kind)}
    values = {name: getattr(arguments, name, None) for name in sorted(names)}
    return {name: value for name, value in values.items() if value is not None}


def names_of(text: str) -> tuple[str, ...]:
    """The names in `a, b,c`."""
    return tuple(part.strip() for part in text.split(",") if part.strip())
