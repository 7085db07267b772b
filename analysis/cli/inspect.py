"""`kenshin inspect`: from the command line to a run and an exit code."""

from __future__ import annotations

import argparse
import json
from typing import Any

from analysis.cli.options.base import given_options
from analysis.cli.progress import TerminalProgress
from analysis.config import InspectConfig
from analysis.errors import RequestError
from analysis.pipeline.settings import InspectRequest, read_config_file, settle
from analysis.runs.store import Run, RunStore

GATE = {"found": 3, "inconclusive": 4}
_INPUTS = ("suspect", "reference", "samples", "trusted", "test", "triggered")


def run(arguments: argparse.Namespace) -> int:
    """Inspect, print the verdict, return the exit code."""
    store = RunStore(arguments.runs)
    request = request_of(arguments, store)
    from analysis.pipeline.inspect import inspect  # torch is loaded here, after the checks

    result = inspect(request, store, TerminalProgress(), job_dir=arguments.job_dir)
    print_outcome(result, as_json=arguments.json)
    verdict = result.record["verdict"] or {}
    return GATE.get(str(verdict.get("answer")), 0) if arguments.gate else 0


def print_outcome(result: Run, *, as_json: bool) -> None:
    """The verdict in words, and with --json the machine-readable last line."""
    verdict = result.record["verdict"] or {}
    answer = str(verdict.get("answer", "none")).replace("_", " ")
    print(f"{answer.upper()}  run {result.record['run_id']}")
    for reason in verdict.get("reasons", ()):
        print(f"  - {reason}")
    for warning in result.record["warnings"]:
        print(f"  ! {warning}")
    if as_json:
        print(json.dumps(outcome(result), ensure_ascii=False))


def outcome(result: Run) -> dict[str, Any]:
    """The object that `--json` prints."""
    return {
        "run_id": result.record["run_id"],
        "path": str(result.path.resolve()),
        "status": result.record["status"],
        "verdict": result.record["verdict"],
        "children": [],
    }


def request_of(arguments: argparse.Namespace, store: RunStore) -> InspectRequest:
    """The request behind the parsed options.

    Raises:
        RequestError: a missing part, an unknown run or a value outside its range.
    """
    parent = store.open(arguments.like) if arguments.like else None
    given = given_options(arguments, InspectConfig)
    from_file = read_config_file(arguments.config) if arguments.config else {}
    config, origins = settle(given, from_file, parent)
    inherited = _inherited(parent)
    chosen: dict[str, Any] = {n: getattr(arguments, n) or inherited.get(n) for n in _INPUTS}
    if not chosen["suspect"]:
        raise RequestError("--suspect is missing.", "Name the model to inspect.")
    if chosen["samples"] is None:
        raise RequestError("--samples is missing.", "Name the file of samples to inspect.")
    return InspectRequest(
        **chosen,
        controls=tuple(arguments.control or inherited.get("controls", ())),
        config=config,
        origins=origins,
        parent=parent.record["run_id"] if parent else None,
    )


def _inherited(parent: Run | None) -> dict[str, Any]:
    from pathlib import Path

    if parent is None:
        return {}
    inputs = parent.record["inputs"]
    values: dict[str, Any] = {m["role"]: m["source"] for m in inputs["models"]}
    values["controls"] = [m["source"] for m in inputs["models"] if m["role"] == "control"]
    values.update({s["role"]: Path(s["source"]) for s in inputs["samples"]})
    return values
