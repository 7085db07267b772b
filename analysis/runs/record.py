"""The record of a run: `record.json`, format version 1, as the contract lists it.

Keys beyond the contract: `request` (the inputs as asked), `pid` and `process_started` (whose
death turns `running` into failed), `error` ({type, message} of a failed run), `trail` ({length,
head} of the trail at the record's last writing), `provenance` (what the owner said about the
models by then), `record_sha256` (of all other keys, so that `verify` notices a changed verdict).
"""

from __future__ import annotations

import dataclasses
import json
import math
import re
import secrets
from collections.abc import Mapping, Sequence, Set
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from analysis.errors import KenshinError
from analysis.identity import json_sha256
from analysis.runs.processes import current_process
from analysis.runs.upgrade import FORMAT_VERSION, Record

RECORD_FILE = "record.json"
KINDS = ("inspect", "scan", "train", "unlearn", "audit", "sweep")
STATUSES = ("running", "done", "failed", "cancelled")
RUN_ID = re.compile(rf"^\d{{8}}T\d{{6}}Z-(?:{'|'.join(KINDS)})-[0-9a-f]{{8}}$")


def now() -> str:
    """The present moment, UTC, ISO 8601 with microseconds."""
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def new_run_id(kind: str) -> str:
    """A fresh name, `YYYYMMDDTHHMMSSZ-<kind>-<8 hex>`; names sort by time.

    Raises:
        KenshinError: a kind outside `KINDS`.
    """
    if kind not in KINDS:
        raise KenshinError(f"run kind '{kind}' is unknown.", f"Choose from {', '.join(KINDS)}.")
    return f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{kind}-{secrets.token_hex(4)}"


def plain(value: Any) -> Any:
    """The same content as plain JSON values; NaN and infinities become null.

    Raises:
        KenshinError: a value that JSON cannot hold.
    """
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float | np.floating):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, np.generic | np.ndarray):
        return plain(value.tolist())
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = dataclasses.fields(value)
        return {field.name: plain(getattr(value, field.name)) for field in fields}
    if isinstance(value, Path):
        return str(value)
    return _plain_container(value)


def _plain_container(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, Set):
        return sorted((plain(item) for item in value), key=str)
    if isinstance(value, Sequence):
        return [plain(item) for item in value]
    raise KenshinError(f"a record cannot hold a value of type {type(value).__name__}.")


def sha256_of(value: Any) -> str:
    """SHA-256 of the canonical JSON of `value` after `plain`, 64 hex digits."""
    return json_sha256(plain(value))


def new_record(
    run_id: str,
    kind: str,
    values: Mapping[str, Any],
    origins: Mapping[str, str],
    request: Mapping[str, Any],
    parent: str | None = None,
) -> Record:
    """The record of a run that begins now in this process.

    Args:
        run_id: from `new_run_id`.
        kind: one of `KINDS`.
        values: the configuration with every default filled in.
        origins: option -> where its value came from (command line, config, parent, default).
        request: what was asked for besides the configuration (paths, roles).
        parent: run_id of the run this one continues.
    """
    return {
        "format_version": FORMAT_VERSION,
        "run_id": run_id,
        "kind": kind,
        "status": "running",
        "created": now(),
        "finished": None,
        "request_sha256": sha256_of({"kind": kind, "config": values, "request": request}),
        "request": plain(request),
        "config": {"values": plain(values), "origins": plain(origins)},
        "inputs": {"models": [], "samples": []},
        "environment": {},
        "steps": [],
        "verdict": None,
        "metrics": {},
        "artifacts": [],
        "parent": parent,
        "warnings": [],
        "error": None,
        **current_process().to_json(),
    }


def seal(record: Record) -> str:
    """Text of `record.json`: plain values, readable, with the hash of its own content."""
    sealed = {**_content(record), "record_sha256": seal_of(record)}
    # ASCII escapes keep lone surrogates writable and survive any editor's encoding guess.
    return json.dumps(sealed, indent=1, ensure_ascii=True, allow_nan=False) + "\n"


def seal_of(record: Record) -> str:
    """Hash of all keys of a record but the hash itself."""
    return sha256_of(_content(record))


def _content(record: Record) -> Record:
    content: Record = plain({k: v for k, v in record.items() if k != "record_sha256"})
    return content


def seal_holds(record: Record) -> bool:
    """False when the content no longer fits the hash that was written with it."""
    return bool(record.get("record_sha256") == seal_of(record))
