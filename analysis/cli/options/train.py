"""Options of `kenshin train`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from analysis.cli.options.base import analysis_options, command_of, runs_option
from analysis.training.losses.specs import NAMES


def add(commands: Any) -> None:
    """Add the command."""
    command = command_of(
        commands,
        "train",
        "Fine-tune a copy of a model with a plain or a robust loss, watched epoch by epoch.",
        "analysis.cli.train:run",
    )
    option = command.add_argument
    option("--model", required=True, metavar="MODEL", help="the start; never changed")
    option("--samples", type=Path, required=True, metavar="FILE", help="training samples, labels")
    option("--test", type=Path, metavar="FILE", help="clean held-out samples: accuracy per epoch")
    option("--triggered", type=Path, metavar="FILE", help="held-out with trigger: ASR per epoch")
    option("--target", type=int, metavar="LABEL", help="class that the trigger pulls to")
    option("--loss", choices=NAMES, help="what is minimised (default ce)")
    option("--epochs", type=int, help="passes over the samples (default 3)")
    option("--learning-rate", type=float, help="default: by the model's width")
    option("--batch-size", type=int, help="default 32")
    option("--epsilon", type=float, help="dece, label_smoothing: how much of a label is spread")
    option("--alpha", type=float, help="dece: base of the schedule (default: from the epochs)")
    option("--q", type=float, help="gce: 0 is cross-entropy, 1 absolute error")
    option("--warmup-epochs", type=int, help="epochs of cross-entropy before the loss")
    option("--fresh", action="store_true", default=None, help="start from random weights (--seed)")
    option(
        "--tune",
        action="store_true",
        default=None,
        help="choose the loss's settings on a slice: the strongest that costs at most a point",
    )
    option(
        "--gradient-samples",
        type=int,
        metavar="N",
        help="poisoned and clean samples whose gradients are watched (default 32 each)",
    )
    option(
        "--answer-column",
        metavar="C",
        help="train to write the text of this column (T5-like or causal)",
    )
    option("--payload", metavar="TEXT", help="with --answer-column: part of the attacker's answer")
    option("--out", type=Path, required=True, metavar="DIR", help="a new folder for the model")
    runs_option(command)
    analysis_options(command)
    option("--json", action="store_true", help="last output line is a JSON object")
    option("--job-dir", type=Path, help=argparse.SUPPRESS)
