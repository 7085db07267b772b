"""`kenshin health`: an inspection again, on a new checkpoint or new inputs, with its drift."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from typing import Any

from analysis.cli.inspect import GATE, outcome, print_outcome
from analysis.cli.progress import TerminalProgress
from analysis.errors import RequestError
from analysis.pipeline.audit_settings import AuditRequest, require_complete
from analysis.runs.run import Run
from analysis.runs.store import RunStore

DRIFTED = 4  # exit code of a gate


def run(arguments: argparse.Namespace) -> int:
    """Repeat the inspection, say how far it drifted, return the exit code."""
    _require_positive(arguments)
    store = RunStore(arguments.runs)
    baseline = store.open(arguments.baseline)
    if baseline.kind != "inspect":
        raise RequestError(
            f"run {baseline.run_id} is of kind '{baseline.kind}', expected inspect.",
            "Name the inspection to repeat.",
        )
    to_audit = _to_audit(arguments, store) if arguments.audit else None
    result = _inspected(arguments, baseline, store)
    health = _health(result, arguments)
    print_outcome(result, as_json=False)
    print(_sentence(health))
    codes = [GATE.get(_answer(result), 0), DRIFTED if health["alert"] else 0]
    if to_audit is not None:
        from analysis.cli.audit import GATE as AUDIT_GATE
        from analysis.pipeline.audit import audit

        request = replace(to_audit, parent=result.run_id)
        audited = audit(request, store, TerminalProgress(), job_dir=arguments.job_dir)
        print_outcome(audited, as_json=False)
        health["audit"] = {"run_id": audited.run_id, "answer": _answer(audited)}
        codes.append(AUDIT_GATE.get(_answer(audited), 0))
    if arguments.json:
        print(json.dumps({**outcome(result), "health": health}, ensure_ascii=False))
    worst = min((code for code in codes if code), default=0)  # 3 is worse than 4
    return worst if arguments.gate else 0


def _require_positive(arguments: argparse.Namespace) -> None:
    for name in ("alarms_per_month", "checks_per_month"):
        if getattr(arguments, name) <= 0:
            option = name.replace("_", "-")
            raise RequestError(
                f"{option} is {getattr(arguments, name)}, expected more than 0.",
                "Write 1 for one a month.",
            )


def _inspected(arguments: argparse.Namespace, baseline: Run, store: RunStore) -> Run:
    from analysis.cli.parser import build_parser

    words = ["inspect", f"--like={baseline.run_id}", f"--runs={arguments.runs}"]
    words += [f"--{n}={v}" for n in ("suspect", "samples") if (v := getattr(arguments, n))]
    asked = build_parser().parse_args(words)
    from analysis.cli.inspect import request_of
    from analysis.pipeline.inspect import inspect  # torch is loaded here, after the checks

    request = replace(request_of(asked, store), alert_level=_level(arguments))
    return inspect(request, store, TerminalProgress(), job_dir=arguments.job_dir)


def _to_audit(arguments: argparse.Namespace, store: RunStore) -> AuditRequest:
    """The attacks of an earlier removal, against the new checkpoint.

    Raises:
        RequestError: the run is no removal and no audit, or lacks what an audit needs.
    """
    from analysis.cli.audit import request_of
    from analysis.cli.parser import build_parser

    words = ["audit", f"--from={arguments.audit}", f"--budget={arguments.budget}"]
    words += [f"--unlearned={arguments.suspect}"] if arguments.suspect else []
    asked = build_parser().parse_args([*words, f"--runs={arguments.runs}"])
    request = request_of(asked, store)
    require_complete(request)
    return request


def _level(arguments: argparse.Namespace) -> float:
    from analysis.detect.drift import alert_level

    return alert_level(arguments.alarms_per_month, arguments.checks_per_month)


def _answer(run: Run) -> str:
    return str((run.record["verdict"] or {}).get("answer"))


def _health(result: Run, arguments: argparse.Namespace) -> dict[str, Any]:
    found = (result.record.get("metrics") or {}).get("drift") or {}
    return {
        "baseline": arguments.baseline,
        "level": found.get("level", _level(arguments)),
        "smallest_p_adjusted": found.get("smallest_p_adjusted"),
        "layer": found.get("layer"),
        "alert": bool(found.get("alert")),
    }


def _sentence(health: dict[str, Any]) -> str:
    if health["smallest_p_adjusted"] is None:
        return "DRIFT not measured: the same weights and samples, or nothing to compare"
    word = "DRIFT" if health["alert"] else "no drift"
    return (
        f"{word}: smallest adjusted p {health['smallest_p_adjusted']:.3g} at {health['layer']}, "
        f"alert at {health['level']:.3g} or below"
    )
