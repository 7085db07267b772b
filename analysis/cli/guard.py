"""`kenshin guard`: quarantine list, cleaned samples and an input filter from a run."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from typing import Any

from analysis.cli.plain import plain_line
from analysis.identity import file_sha256
from analysis.pipeline.guard import guard
from analysis.runs.store import RunStore
from analysis.runs.trail import note_if_possible

SETS = {
    "quarantined": "quarantined samples",
    "variants": "the same with other constants and white space",
    "clean": "other samples of the file",
    "held_out_triggered": "held-out triggered samples",
    "held_out_clean": "held-out clean samples",
}


def run(arguments: argparse.Namespace) -> int:
    """Write the folder and say what the filter blocks."""
    found = RunStore(arguments.runs).open(arguments.ref)
    made = guard(found, arguments.out, arguments.seed)
    prints = {name: file_sha256(arguments.out / name) for name in made.files}
    prints["record"] = str(found.record.get("record_sha256") or "")
    out = str(arguments.out.resolve())
    missed = note_if_possible(
        found.path.parent, "guard.exported", found.run_id, prints, out=out, files=made.files
    )
    if missed:
        print(f"kenshin: {plain_line(missed)}", file=sys.stderr)
    for line in _lines(made.figures):
        print(line)
    print(f"written to {arguments.out}: {', '.join(made.files)}")
    if arguments.json:
        told = {"run_id": found.run_id, "path": out, "status": "done", "verdict": None}
        print(json.dumps({**told, "children": [], **made.figures}))
    return 0


def _lines(figures: Mapping[str, Any]) -> list[str]:
    cleaned = figures["cleaned"]
    lines = [f"{figures['quarantined']:,} samples quarantined, {cleaned['rows']:,} rows kept"]
    if cleaned["never_examined"]:
        lines.append(f"  ! {cleaned['never_examined']:,} rows of the file were never examined")
    if not figures["rules"]:
        lines.append("  ! no text was located that clean samples lack: no input filter is written")
        return lines
    lines.append(f"input filter with {len(figures['rules'])} rules blocks")
    for name, words in SETS.items():
        rate = figures["block_rate"].get(name)
        if rate and rate["n"]:
            lines.append(
                f"  {rate['value']:.1%} of {rate['n']:,} {words} "
                f"(95 % interval {rate['low']:.1%} to {rate['high']:.1%})"
            )
    for text in figures["refused"][:3]:
        lines.append(f"  ! '{text[:80]}' stands in clean samples, too, and is no rule")
    return lines
