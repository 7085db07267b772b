"""Options that several commands share: the model under suspicion and the files that go with it."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

FILES = {
    "samples": "samples to inspect",
    "trusted": "clean samples you vouch for",
    "forget": "samples to forget, labelled as trained",
    "retain": "clean samples with true labels",
    "test": "clean held-out samples with labels",
    "triggered": "held-out samples with the trigger inserted",
}
REMOVAL_FILES = ("forget", "retain", "test", "triggered")


def file_options(command: argparse.ArgumentParser, roles: Sequence[str]) -> None:
    """One option per role of sample file; none is required, a run may supply them."""
    for role in roles:
        command.add_argument(f"--{role}", type=Path, metavar="FILE", help=FILES[role])


def control_option(command: argparse.ArgumentParser, purpose: str) -> None:
    """`--control MODEL`, as often as wanted."""
    command.add_argument("--control", metavar="MODEL", action="append", help=purpose)


def target_option(command: argparse.ArgumentParser) -> None:
    """`--target LABEL` of a trigger whose samples are in `--forget`."""
    command.add_argument(
        "--target", type=int, metavar="LABEL", help="default: majority label of --forget"
    )


def removal_inputs(command: argparse.ArgumentParser, files: Sequence[str] = REMOVAL_FILES) -> None:
    """What a removal starts from: an inspection, or model, clean models, files and target."""
    option = command.add_argument
    option("--from", dest="from_run", metavar="RUN", help="an inspection: fills in all of these")
    option("--model", metavar="MODEL", help="the model under suspicion; it is never changed")
    option("--reference", metavar="MODEL", help="a clean model of the same task")
    control_option(command, "further clean models, for the floor")
    file_options(command, files)
    target_option(command)


def trigger_option(command: argparse.ArgumentParser) -> None:
    """`--no-trigger`."""
    command.add_argument("--no-trigger", action="store_true", help="withhold the located trigger")


def look_options(command: argparse.ArgumentParser) -> None:
    """How long one removal runs and how often it is looked at."""
    option = command.add_argument
    option("--steps", type=int, metavar="N", help="default: the method's own")
    option("--check-every", type=int, metavar="N", help="steps between looks (default 10)")
