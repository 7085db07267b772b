"""Options of `kenshin report`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from analysis.cli.options.base import command_of, runs_option


def add(commands: Any) -> None:
    """`kenshin report`."""
    summary = "turn a run and its relatives into documents"
    command = command_of(commands, "report", summary, "analysis.cli.report:run")
    option = command.add_argument
    option("ref", metavar="RUN", help="id, unique prefix, path or latest")
    option(
        "--format",
        metavar="F",
        help="html,pdf,pptx,csv,parquet,sarif,cyclonedx,modelcard,png,svg,archive "
        "(default html,pdf,pptx,csv,sarif,cyclonedx)",
    )
    option("--lang", metavar="L", default="en", help="en,ja (default en)")
    option("--theme", default="light", metavar="T", help="light or dark")
    option("--width", type=int, metavar="PX", help="of exported pictures")
    option("--height", type=int, metavar="PX", help="of exported pictures")
    option("--renderer", default="matplotlib", metavar="R", help="matplotlib or plotly (browser)")
    option("--author", default="", metavar="NAME", help="who reports; printed on page 1")
    option("--rows", default="all", metavar="R", help="all or flagged, in csv and parquet")
    option("--policy", type=Path, metavar="FILE", help="acceptance clauses, TOML or JSON")
    option("--provenance", type=Path, metavar="FILE", help="origin of the models, TOML or JSON")
    option("--price-per-hour", type=float, metavar="X", help="of device time, for the cost page")
    option("--currency", default="", metavar="NAME", help="of that price")
    option("--out", type=Path, required=True, metavar="DIR", help="a new or empty folder")
    option("--json", action="store_true", help="last output line is a JSON object")
    option("--job-dir", type=Path, help=argparse.SUPPRESS)
    runs_option(command)
