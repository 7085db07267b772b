"""`kenshin report`: from a run to documents in a folder."""

from __future__ import annotations

import argparse
import json
import sys

from analysis.cli.options.base import names_of
from analysis.cli.plain import plain_line
from analysis.report.document.build import Style
from analysis.report.document.make import make_files
from analysis.report.document.request import USUAL, ReportRequest
from analysis.report.document.write import check_target, write_files
from analysis.runs.store import RunStore
from analysis.runs.trail_runs import note_report


def run(arguments: argparse.Namespace) -> int:
    """Make every wished file, or none."""
    request = _request(arguments)
    found = RunStore(arguments.runs).open(arguments.ref)
    check_target(arguments.out)
    files = make_files(found, request, _say)
    write_files(files, arguments.out)
    missed = note_report(found, files, str(arguments.out.resolve()))
    if missed:
        print(f"kenshin: {plain_line(missed)}", file=sys.stderr)
    for name, content in files.items():
        print(f"{len(content):>12,}  {arguments.out / name}")
    if arguments.json:
        print(json.dumps(_outcome(arguments, found.run_id, list(files)), ensure_ascii=False))
    return 0


def _outcome(arguments: argparse.Namespace, run_id: str, files: list[str]) -> dict[str, object]:
    path = str(arguments.out.resolve())
    return {"run_id": run_id, "path": path, "status": "done", "files": files}


def _request(arguments: argparse.Namespace) -> ReportRequest:
    return ReportRequest(
        formats=_names(arguments.format) if arguments.format is not None else USUAL,
        languages=_names(arguments.lang),
        style=Style(
            theme=arguments.theme,
            author=arguments.author,
            width=arguments.width,
            height=arguments.height,
            renderer=arguments.renderer,
        ),
        rows=arguments.rows,
        policy=arguments.policy,
        provenance=arguments.provenance,
        price=arguments.price_per_hour,
        currency=arguments.currency,
    )


def _names(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names_of(text)))


def _say(name: str) -> None:
    print(f"making {name}", file=sys.stderr)
