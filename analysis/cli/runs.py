"""`kenshin runs list|show|verify|cancel`."""

from __future__ import annotations

import argparse
import json

from analysis.errors import RequestError
from analysis.runs.store import RunStore


def run(arguments: argparse.Namespace) -> int:
    """Dispatch on the action."""
    store = RunStore(arguments.runs)
    if arguments.action == "list":
        return _list(store, as_json=arguments.json)
    if arguments.action == "show":
        return _show(store, arguments.ref, as_json=arguments.json)
    if arguments.action == "verify":
        return _verify(store, arguments.ref, as_json=arguments.json)
    return _cancel(store, arguments.ref)


def _list(store: RunStore, *, as_json: bool) -> int:
    summaries = store.list()
    if as_json:
        rows = [
            {"run_id": s.run_id, "kind": s.kind, "status": s.status, "answer": s.answer or None}
            for s in summaries
        ]
        print(json.dumps(rows))
        return 0
    for summary in summaries:
        print(f"{summary.run_id}  {summary.status:<10}  {summary.answer or '-'}")
    if not summaries:
        print(f"no runs in {store.root}")
    return 0


def _show(store: RunStore, ref: str, *, as_json: bool) -> int:
    record = store.open(ref).record
    if as_json:
        print(json.dumps(record, ensure_ascii=False))
        return 0
    verdict = record["verdict"] or {}
    print(f"{record['run_id']}  {record['status']}  {verdict.get('answer', '-')}")
    for reason in verdict.get("reasons", ()):
        print(f"  - {reason}")
    for step in record["steps"]:
        reason = f"  ({step['reason']})" if step.get("reason") else ""
        print(f"  {step['status']:<8} {step['name']:<24} {step['seconds']:7.1f} s{reason}")
    return 0


def _verify(store: RunStore, ref: str, *, as_json: bool) -> int:
    run_id = store.open(ref).record["run_id"]
    problems = [str(problem) for problem in store.verify(ref)]
    if as_json:
        print(json.dumps({"run_id": run_id, "problems": problems}))
    elif not problems:
        print(f"{run_id}: every table matches its hash")
    for problem in problems if not as_json else ():
        print(f"{run_id}: {problem}")
    return 1 if problems else 0


def _cancel(store: RunStore, ref: str) -> int:
    from analysis.runs.jobs import cancel_run

    run_id = store.open(ref).record["run_id"]
    if not cancel_run(store.root, run_id):
        raise RequestError(
            f"run '{run_id}' is not running.", "Only a running run can be cancelled."
        )
    print(f"{run_id}: asked to stop")
    return 0
