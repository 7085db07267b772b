"""Options of `kenshin samples` and `kenshin convert`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from analysis.cli.options.base import SAMPLE_SETS, command_of


def add(commands: Any) -> None:
    """Add the commands."""
    _add_samples(commands)
    _add_convert(commands)


def _add_samples(commands: Any) -> None:
    command = command_of(
        commands,
        "samples",
        "Write the samples of a shipped model, cut from this Python's standard library.",
        "analysis.cli.data:run_samples",
    )
    command.add_argument(
        "--set",
        dest="set_name",
        choices=SAMPLE_SETS,
        default="train",
        help="which samples (default train)",
    )
    command.add_argument(
        "--for",
        dest="model_name",
        metavar="MODEL_NAME",
        help="a shipped model; see sample_data/models",
    )
    command.add_argument("--max-samples", type=int, metavar="N", help="at most N of them")
    command.add_argument("--json", action="store_true", help="last output line is a JSON object")
    command.add_argument(
        "--out", type=Path, required=True, metavar="FILE", help="does not exist yet"
    )


def _add_convert(commands: Any) -> None:
    command = command_of(
        commands,
        "convert",
        "Turn a pickle checkpoint into a safetensors folder, in a limited subprocess.",
        "analysis.cli.data:run_convert",
    )
    command.add_argument(
        "checkpoint", type=Path, metavar="CHECKPOINT", help="the pickle file or its folder"
    )
    command.add_argument("--base", type=Path, metavar="DIR", help="folder with config/tokenizer")
    command.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="does not exist yet"
    )
    command.add_argument("--json", action="store_true", help="last output line is a JSON object")
    command.add_argument("--job-dir", type=Path, help=argparse.SUPPRESS)
