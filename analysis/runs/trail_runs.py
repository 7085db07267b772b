"""What the trail says about a run's beginning and end."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from analysis.runs.run import Run
from analysis.runs.trail import head, note, note_if_possible
from analysis.runs.upgrade import Record


def model_prints(record: Mapping[str, Any]) -> dict[str, str]:
    """Role -> SHA-256 of every model and sample file of a record; equal roles are numbered."""
    inputs = record.get("inputs") or {}
    found: dict[str, str] = {}
    for kind in ("models", "samples"):
        for entry in inputs.get(kind) or ():
            role = f"{kind[:-1]}:{entry.get('role')}"
            same = sum(name.split("#")[0] == role for name in found)
            found[f"{role}#{same + 1}" if same else role] = str(entry.get("sha256") or "")
    return found


def note_created(root: Path, record: Record) -> dict[str, Any]:
    """Note that a run exists; what the record must keep of the trail."""
    details = {"kind": record["kind"], "created": record["created"]}
    if record.get("parent"):
        details["parent"] = record["parent"]
    prints = {**model_prints(record), "request": str(record["request_sha256"])}
    entry = note(root, "run.created", str(record["run_id"]), prints, **details)
    return {"length": entry.seq, "head": entry.sha256}


def present_head(root: Path) -> dict[str, Any]:
    """The head as a record keeps it."""
    return head(root).to_json()


def note_ended(root: Path, record: Record, seal: str) -> None:
    """Note how a run ended and the hash of its last record."""
    verdict = record.get("verdict") or {}
    details = {"answer": str(verdict.get("answer") or "")}
    if record.get("error"):
        details["reason"] = str(record["error"].get("message", ""))
    prints = {**model_prints(record), "record": seal}
    note(root, f"run.{record['status']}", str(record["run_id"]), prints, **details)


def note_report(run: Run, files: Mapping[str, bytes], place: str) -> str:
    """Note which documents were made of a run; why that was not possible, else empty."""
    prints = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    record = str(run.record.get("record_sha256") or "")
    return note_if_possible(
        run.path.parent, "report.made", run.run_id, {**prints, "record": record}, place=place
    )
