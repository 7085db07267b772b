"""Files that appear whole or not at all, and their hashes."""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

from analysis.errors import KenshinError

SAFE_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$")


def safe_name(name: str) -> str:
    """The name itself, when it is a plain file name.

    Raises:
        KenshinError: a path separator, a leading dot or a character outside A-Z a-z 0-9 . _ -.
    """
    if not SAFE_NAME.match(name) or name.endswith(".tmp"):
        raise KenshinError(
            f"'{name}' is not a file name of a run.", "Expected letters, digits, '.', '_', '-'."
        )
    return name


def write_atomically(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a temporary file beside `path`, then move it into place.

    The temporary file is removed when `write` fails, so a reader never sees half a file.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}.tmp")
    try:
        write(temporary)
        with temporary.open("rb+") as file:  # a crash of the machine must not leave an empty file
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Replace `path` by `text` in UTF-8."""
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, data: bytes) -> None:
    """Replace `path` by `data`."""
    write_atomically(path, lambda temporary: temporary.write_bytes(data))


def read_json(path: Path) -> dict[str, Any] | None:
    """The object in `path`; None when the file is missing, unreadable or not an object."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return value if isinstance(value, dict) else None
