"""TOML or JSON files that users write for a report."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

from analysis.errors import RequestError

LARGEST = 1_000_000  # bytes; such files are written by hand


def read_settings(path: Path, what: str) -> dict[str, Any]:
    """The object in a TOML (.toml) or JSON file.

    Args:
        path: the file.
        what: for the error, as "a policy file".

    Raises:
        RequestError: it does not exist, is too large, or is not such a file.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise RequestError(f"'{path}' is too large for {what}.", "Name the right file.")
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise RequestError(
            f"'{path}' cannot be read as {what} ({why or error}).", "Check the path."
        ) from error
    return parse_settings(text, str(path), what)


def parse_settings(text: str, name: str, what: str) -> dict[str, Any]:
    """The object in a text.

    Args:
        text: TOML where `name` ends in .toml, else JSON.
        name: of the file, for the errors.
        what: for the error, as "a policy file".

    Raises:
        RequestError: it is no such object.
    """
    try:
        value = tomllib.loads(text) if name.lower().endswith(".toml") else json.loads(text)
    except ValueError as error:
        raise RequestError(
            f"'{name}' is not {what}: {error}.", "Write TOML (.toml) or JSON."
        ) from error
    if not isinstance(value, dict):
        raise RequestError(f"'{name}' holds no object.", f"Write {what} as a table of names.")
    return value
