"""`kenshin health`: an inspection again, on a new checkpoint or new inputs, with its drift."""

from __future__ import annotations

import argparse
import json
from typing import Any

from analysis.cli.inspect import GATE, outcome, print_outcome
from analysis.cli.progress import TerminalProgress
from analysis.errors import RequestError
from analysis.runs.run import Run
from analysis.runs.store import RunStore

DRIFTED = 4  # exit code of a gate


def run(arguments: argparse.Namespace) -> int:
    """Repeat the inspection, say how far it drifted, return the exit code."""
    for name in ("alarms_per_month", "checks_per_month"):
        if getattr(arguments, name) <= 0:
            option = name.replace("_", "-")
            raise RequestError(
                f"{option} is {getattr(arguments, name)}, expected more than 0.",
                "Write 1 for one a month.",
            )
    store = RunStore(arguments.runs)
    baseline = store.open(arguments.baseline)
    if baseline.kind != "inspect":
        raise RequestError(
            f"run {baseline.run_id} is of kind '{baseline.kind}', expected inspect.",
            "Name the inspection to repeat.",
        )
    from analysis.cli.parser import build_parser

    words = ["inspect", f"--like={baseline.run_id}", f"--runs={arguments.runs}"]
    words += [f"--{n}={v}" for n in ("suspect", "samples") if (v := getattr(arguments, n))]
    asked = build_parser().parse_args(words)
    from analysis.cli.inspect import request_of
    from analysis.pipeline.inspect import inspect  # torch is loaded here, after the checks

    request = request_of(asked, store)
    result = inspect(request, store, TerminalProgress(), job_dir=arguments.job_dir)
    health = _health(result, arguments)
    print_outcome(result, as_json=False)
    print(_sentence(health))
    if arguments.json:
        print(json.dumps({**outcome(result), "health": health}, ensure_ascii=False))
    if not arguments.gate:
        return 0
    answer = str((result.record["verdict"] or {}).get("answer"))
    return GATE.get(answer, 0) or (DRIFTED if health["alert"] else 0)


def _health(result: Run, arguments: argparse.Namespace) -> dict[str, Any]:
    from analysis.detect.drift import alert_level

    found = (result.record.get("metrics") or {}).get("drift") or {}
    level = alert_level(arguments.alarms_per_month, arguments.checks_per_month)
    smallest = found.get("smallest_p_adjusted")
    return {
        "baseline": arguments.baseline,
        "level": level,
        "smallest_p_adjusted": smallest,
        "layer": found.get("layer"),
        "alert": smallest is not None and smallest <= level,
    }


def _sentence(health: dict[str, Any]) -> str:
    if health["smallest_p_adjusted"] is None:
        return "DRIFT not measured: the same weights and samples, or nothing to compare"
    word = "DRIFT" if health["alert"] else "no drift"
    return (
        f"{word}: smallest adjusted p {health['smallest_p_adjusted']:.3g} at {health['layer']}, "
        f"alert at {health['level']:.3g} or below"
    )
