"""`kenshin samples` and `kenshin convert`."""

from __future__ import annotations

import argparse
import dataclasses
import json

from analysis.cli.noted import note_files
from analysis.errors import RequestError


def run_samples(arguments: argparse.Namespace) -> int:
    """Write one sample set of a shipped model."""
    from analysis.data.shipped import write_shipped

    if arguments.out.exists() and arguments.out.is_dir():
        raise RequestError(f"'{arguments.out}' is a folder.", "Name a file with --out.")
    samples = write_shipped(
        arguments.out, arguments.set_name, arguments.model_name, limit=arguments.max_samples
    )
    print(f"{len(samples):,} samples written to {arguments.out}")
    if arguments.json:
        told = {"path": str(arguments.out.resolve()), "status": "done", "rows": len(samples)}
        print(json.dumps(told))
    return 0


def run_convert(arguments: argparse.Namespace) -> int:
    """Convert a foreign checkpoint and say what was found in it."""
    from analysis.models.convert import convert

    report = convert(arguments.checkpoint, arguments.base, arguments.out)
    print(report)
    note_files("convert", arguments)
    if arguments.json:
        made = dataclasses.asdict(report) | {"path": str(report.out.resolve()), "status": "done"}
        print(json.dumps({name: value for name, value in made.items() if name != "out"}))
    return 0
