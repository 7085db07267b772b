"""Everything that was measured, read from the work folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

from tests.benchmarks.detection import cube, gradients
from tests.benchmarks.detection.stored import seen
from tests.benchmarks.detection.verdict_part import verdicts

Entry = dict[str, Any]


class Measured(NamedTuple):
    """What RESULTS.md is written from and results.json holds."""

    suspects: list[Entry]
    files: list[Entry]
    verdicts: list[Entry]
    cube: list[Entry]
    gradients: list[Entry]


def measured(work: Path) -> Measured:
    """Read the results of `score`, `files`, `cube` and `gradients` below `work`."""
    runs = seen(work)
    digests = {run.name: run.file for run in runs["pair"]}
    rule, taken = _read(work / "cube"), _read(work / "gradients")
    by_name = {entry["name"]: entry for entry in taken}
    clusters = {entry["name"]: entry for entry in rule}
    suspects = []
    for scored in _read(work):
        entry = gradients.merged(scored, by_name.get(scored["name"]))
        if scored["name"] in clusters and "rankings" in entry:
            entry = cube.merged(entry, clusters[scored["name"]])
        suspects.append({**entry, "file": digests[scored["name"]]})
    return Measured(suspects, _read(work / "files"), verdicts(runs), rule, taken)


def _read(folder: Path) -> list[Entry]:
    found: list[Entry] = [json.loads(p.read_text("utf-8")) for p in sorted(folder.glob("*.json"))]
    return found
