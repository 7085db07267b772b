"""Options of `kenshin demo`, `runs`, `dashboard` and `doctor`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from analysis.cli.options.base import command_of, runs_option

RUN_ACTIONS = (
    *("list", "show", "verify", "trail", "cancel", "delete", "approve"),
    *("apply", "undo"),  # of a removal's weight change
)


def add(commands: Any) -> None:
    """Add the commands."""
    _add_demo(commands)
    _add_runs(commands)
    _add_dashboard(commands)
    _add_doctor(commands)


def _add_demo(commands: Any) -> None:
    command = command_of(
        commands,
        "demo",
        "Inspect the shipped pair and open the dashboard on it.",
        "analysis.cli.demo:run",
    )
    runs_option(command)
    command.add_argument("--port", type=int, default=8501, help="default 8501")
    command.add_argument("--no-dashboard", action="store_true", help="print the verdict and end")
    command.add_argument("--headless", action="store_true", help="do not open a browser")
    command.add_argument("--json", action="store_true", help="last output line is a JSON object")
    command.add_argument("--job-dir", type=Path, help=argparse.SUPPRESS)


def _add_runs(commands: Any) -> None:
    command = command_of(
        commands,
        "runs",
        "List, show, verify, approve or delete runs; who did what; apply or undo a removal.",
        "analysis.cli.runs:run",
    )
    option = command.add_argument
    option("action", choices=RUN_ACTIONS, help="what to do")
    option("ref", nargs="?", metavar="RUN", help="id, unique prefix, path or latest")
    option("--json", action="store_true", help="last output line is a JSON object")
    option("--out", type=Path, metavar="DIR", help="apply, undo: folder of the model to write")
    option("--model", metavar="MODEL", help="apply, undo: on which model; default the run's own")
    option("--head", metavar="SHA256", help="verify: the hash that a report cited, or its start")
    option("--extract", type=Path, metavar="FILE", help="verify: the trail of an evidence archive")
    option("--note", default="", metavar="TEXT", help="approve, delete: one sentence")
    option("--to", metavar="LEVEL", help="approve: trial, reviewed or released")
    option("--by", default="", metavar="NAME", help="approve: who vouches")
    option("--policy", type=Path, metavar="FILE", help="approve: clauses that must hold")
    option("--override", default="", metavar="REASON", help="approve in spite of what is missing")
    runs_option(command)


def _add_dashboard(commands: Any) -> None:
    command = command_of(
        commands, "dashboard", "Serve the dashboard on 127.0.0.1.", "analysis.cli.dashboard:run"
    )
    runs_option(command)
    option = command.add_argument
    option("--port", type=int, default=8501, help="default 8501")
    option("--headless", action="store_true", help="do not open a browser")
    option(
        "--host", default="127.0.0.1", metavar="ADDRESS", help="beyond this machine: see --roles"
    )
    option("--roles", type=Path, metavar="FILE", help="everybody logs in (OIDC); who may do what")
    option("--secrets", type=Path, metavar="FILE", help="Streamlit secrets with [auth]")
    option("--allow-host", action="append", metavar="NAME", help="a name that browsers may use")
    option(
        "--insecure-no-login",
        action="store_true",
        help="with --host: anybody who reaches it may do everything",
    )


def _add_doctor(commands: Any) -> None:
    command = command_of(
        commands,
        "doctor",
        "What this machine has, what is missing, what to do.",
        "analysis.cli.doctor:run",
    )
    command.add_argument("--json", action="store_true", help="last output line is a JSON object")
