"""`kenshin runs`: list, show, verify, trail, cancel, delete, approve, apply and undo."""

from __future__ import annotations

import argparse
import json
from typing import Any

from analysis.errors import RequestError
from analysis.runs.store import RunStore
from analysis.runs.trail import head, read_entries


def run(arguments: argparse.Namespace) -> int:
    """Dispatch on the action."""
    store = RunStore(arguments.runs)
    if arguments.action == "list":
        return _list(store, as_json=arguments.json)
    if arguments.action == "verify":
        from analysis.cli.runs_verify import verify

        return verify(store, arguments)
    if arguments.action == "trail":
        return _trail(store, arguments.ref, as_json=arguments.json)
    if arguments.action == "approve":
        from analysis.cli.runs_approve import approve

        return approve(store, arguments)
    if arguments.action in ("apply", "undo"):
        return _put(store, arguments)
    if arguments.action == "delete":
        return _delete(store, arguments)
    if arguments.action == "show":
        return _show(store, arguments.ref or "latest", as_json=arguments.json)
    return _cancel(store, arguments.ref or "latest")


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


def _trail(store: RunStore, ref: str | None, *, as_json: bool) -> int:
    """Who did what, of one run or of all."""
    run_id = store.open(ref).run_id if ref else None
    entries = [e for e in read_entries(store.root) if run_id is None or e.run == run_id]
    if as_json:
        found: dict[str, Any] = {**head(store.root).to_json()}
        print(json.dumps({**found, "entries": [entry._asdict() for entry in entries]}))
        return 0
    for entry in entries:
        who = f"{entry.actor} ({entry.through})"
        print(f"{entry.seq:>5}  {entry.at[:19]}Z  {entry.action:<18} {entry.run or '-'}  {who}")
    length, last = head(store.root)
    print(f"{length} entries, the last one is {last}" if length else "no act is noted yet")
    return 0


def _delete(store: RunStore, arguments: argparse.Namespace) -> int:
    if not arguments.ref:
        raise RequestError("no run is named.", "Name the run to delete.")
    print(f"{store.delete(arguments.ref, arguments.note)}: deleted")
    return 0


def _put(store: RunStore, arguments: argparse.Namespace) -> int:
    """The weight change of a removal, put on its model or taken back."""
    if arguments.out is None:
        raise RequestError("--out is missing.", "Name a new folder for the model.")
    run = store.open(arguments.ref or "latest")
    from analysis.pipeline.put_delta import put_delta  # torch is loaded here, after the checks

    put = put_delta(run, arguments.out, arguments.model, undo=arguments.action == "undo")
    if arguments.json:
        told = {"path": str(put.folder.resolve()), "sha256": put.sha256}
        print(json.dumps({"run_id": run.run_id, **told}))
    else:
        print(f"written to {put.folder}, parameters {put.sha256}")
    return 0


def _cancel(store: RunStore, ref: str) -> int:
    from analysis.runs.jobs import cancel_run

    run_id = store.open(ref).record["run_id"]
    if not cancel_run(store.root, run_id):
        raise RequestError(
            f"run '{run_id}' is not running.", "Only a running run can be cancelled."
        )
    print(f"{run_id}: asked to stop")
    return 0
