"""Measured figures of every built model in one file."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from filelock import FileLock


def read_results(path: Path) -> dict[str, Any]:
    """Figures by model name; empty without a file."""
    if not path.exists():
        return {}
    values: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return values


def update_results(path: Path, name: str, result: dict[str, Any]) -> None:
    """Add or replace one model's figures; two builds may write at once."""
    lock = path.parent / ".work" / "results.lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(lock):
        values = read_results(path)
        values[name] = result
        part = path.with_suffix(".part")
        text = json.dumps(dict(sorted(values.items())), indent=1) + "\n"
        part.write_text(text, encoding="utf-8")
        os.replace(part, path)
