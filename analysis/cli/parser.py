"""Every command and option; the parser's own errors follow the contract too."""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from analysis import __version__
from analysis.config import DEVICES, HEADS, POOLINGS, PRECISIONS, PROJECTIONS, REFERENCE_KINDS
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


def _lazy(target: str) -> Callable[[argparse.Namespace], int]:
    # Commands are imported when they run, so that --help stays fast and torch-free.
    module, _, name = target.partition(":")

    def run(arguments: argparse.Namespace) -> int:
        return int(getattr(importlib.import_module(module), name)(arguments))

    return run


def build_parser() -> Parser:
    """The whole command line."""
    parser = Parser(
        prog="kenshin",
        allow_abbrev=False,
        description="Health check-up for code models: is it backdoored, in which layer, "
        "by which trigger?",
    )
    parser.add_argument("--version", action="version", version=f"kenshin {__version__}")
    commands = parser.add_subparsers(
        dest="command", required=True, metavar="COMMAND", parser_class=Parser
    )
    _add_inspect(commands)
    _add_demo(commands)
    _add_samples(commands)
    _add_convert(commands)
    _add_poison(commands)
    _add_runs(commands)
    _add_dashboard(commands)
    _add_doctor(commands)
    return parser


def _command(commands: Any, name: str, summary: str, target: str) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(
        name, help=summary, description=summary, allow_abbrev=False
    )
    command.set_defaults(run=_lazy(target))
    return command


def _runs_option(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--runs", type=Path, default=Path("runs"), metavar="DIR", help="run store (default ./runs)"
    )


def _add_inspect(commands: Any) -> None:
    command = _command(
        commands,
        "inspect",
        "Compare a suspect model with a clean one on a sample file.",
        "analysis.cli.inspect:run",
    )
    # Required unless --like supplies them; checked in the command.
    command.add_argument("--suspect", metavar="MODEL", help="local folder or hub id")
    command.add_argument("--reference", metavar="MODEL", help="clean model of the same shape")
    command.add_argument(
        "--control",
        metavar="MODEL",
        action="append",
        default=None,
        help="further clean models, for the clean-clean null (repeatable)",
    )
    for name, text in (
        ("samples", "samples to inspect"),
        ("trusted", "clean samples you vouch for"),
        ("test", "clean held-out samples with labels"),
        ("triggered", "held-out samples with the trigger inserted"),
    ):
        command.add_argument(f"--{name}", type=Path, metavar="FILE", help=text)
    command.add_argument("--like", metavar="RUN", help="repeat this run's configuration")
    _runs_option(command)
    _add_analysis_options(command)
    command.add_argument("--gate", action="store_true", help="exit 3 if found, 4 if inconclusive")
    command.add_argument("--json", action="store_true", help="last output line is a JSON object")
    command.add_argument("--job-dir", type=Path, help=argparse.SUPPRESS)


def _add_analysis_options(command: argparse.ArgumentParser) -> None:
    """Options of InspectConfig; every default is None so that origins can be told apart."""
    option = command.add_argument
    option("--reference-kind", choices=REFERENCE_KINDS)
    option("--layers", metavar="L", help="all, 0,3,6-12 or decoder:1-3")
    option("--pooling", metavar="P", type=_names, help=",".join(POOLINGS))
    option("--detectors", metavar="D", type=_names, help="names, see the README's table")
    option("--projection", metavar="M", type=_names, help=",".join(PROJECTIONS))
    option("--device", choices=DEVICES)
    option("--precision", choices=PRECISIONS)
    option("--seed", type=int)
    option("--max-samples", type=int, metavar="N", help="a seeded choice of N samples")
    option("--map-samples", type=int, metavar="N", help="points drawn per map (default 3000)")
    option("--max-length", type=int, metavar="T", help="window in tokens")
    option("--head", choices=HEADS)
    option("--label-words", metavar="W", help="0=false,1=true")
    option("--prefix", help="text put before every sample")
    option("--collapse-whitespace", action="store_true", default=None)
    option("--label-column", metavar="C")
    option("--text-column", metavar="C")
    option(
        "--allow-pickle",
        action="store_true",
        default=None,
        help="read pickle weights after a scan, weights only",
    )
    option("--config", type=Path, metavar="FILE", help="JSON or TOML with these options")


def _names(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _add_demo(commands: Any) -> None:
    command = _command(
        commands,
        "demo",
        "Inspect the shipped pair and open the dashboard on it.",
        "analysis.cli.demo:run",
    )
    _runs_option(command)
    command.add_argument("--port", type=int, default=8501)
    command.add_argument("--no-dashboard", action="store_true")
    command.add_argument("--headless", action="store_true", help="do not open a browser")
    command.add_argument("--json", action="store_true")


def _add_samples(commands: Any) -> None:
    command = _command(
        commands,
        "samples",
        "Write the samples of a shipped model, cut from this Python's standard library.",
        "analysis.cli.data:run_samples",
    )
    command.add_argument("--set", dest="set_name", choices=SAMPLE_SETS, default="train")
    command.add_argument("--for", dest="model_name", metavar="MODEL_NAME")
    command.add_argument("--max-samples", type=int, metavar="N")
    command.add_argument("--out", type=Path, required=True, metavar="FILE")


def _add_convert(commands: Any) -> None:
    command = _command(
        commands,
        "convert",
        "Turn a pickle checkpoint into a safetensors folder, in a limited subprocess.",
        "analysis.cli.data:run_convert",
    )
    command.add_argument("checkpoint", type=Path, metavar="CHECKPOINT")
    command.add_argument("--base", type=Path, metavar="DIR", help="folder with config/tokenizer")
    command.add_argument("--out", type=Path, required=True, metavar="DIR")
    command.add_argument("--job-dir", type=Path, help=argparse.SUPPRESS)


def _add_poison(commands: Any) -> None:
    command = _command(
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
    option("--language", choices=LANGUAGES, default="auto")
    option("--model", metavar="MODEL", help="report how many triggers are inside its window")
    option("--mode", choices=("replace", "append"), default="replace")
    option("--clean-label", action="store_true", help="trigger into target samples, labels kept")
    option("--seed", type=int, default=0)
    option("--max-length", type=int, metavar="T", help="window in tokens")
    option("--label-column", metavar="C")
    option("--text-column", metavar="C")
    option("--json", action="store_true", help="last output line is a JSON object")
    option("--out", type=Path, required=True, metavar="FILE", help="a new file")
    option("--job-dir", type=Path, help=argparse.SUPPRESS)


def _add_runs(commands: Any) -> None:
    command = _command(
        commands, "runs", "List, show, verify or cancel runs.", "analysis.cli.runs:run"
    )
    command.add_argument("action", choices=("list", "show", "verify", "cancel"))
    command.add_argument("ref", nargs="?", default="latest", metavar="RUN")
    command.add_argument("--json", action="store_true")
    _runs_option(command)


def _add_dashboard(commands: Any) -> None:
    command = _command(
        commands, "dashboard", "Serve the dashboard on 127.0.0.1.", "analysis.cli.demo:dashboard"
    )
    _runs_option(command)
    command.add_argument("--port", type=int, default=8501)
    command.add_argument("--headless", action="store_true", help="do not open a browser")


def _add_doctor(commands: Any) -> None:
    command = _command(
        commands,
        "doctor",
        "What this machine has, what is missing, what to do.",
        "analysis.cli.doctor:run",
    )
    command.add_argument("--json", action="store_true")
