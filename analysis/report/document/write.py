"""Files of a report in a folder: everything appears, or nothing."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path

from analysis.errors import RequestError


def check_target(out: Path) -> None:
    """Refuse a target that would mix with what is there.

    Raises:
        RequestError: a file, or a folder that is not empty.
    """
    if out.is_dir() and any(out.iterdir()):
        raise RequestError(f"'{out}' is not empty.", "Name a new or empty folder.")
    if out.exists() and not out.is_dir():
        raise RequestError(f"'{out}' is a file.", "Name a new or empty folder.")


def write_files(files: Mapping[str, bytes], out: Path) -> None:
    """Write all files beside the target, then move them into place at once.

    Raises:
        RequestError: the target exists and is not empty, or cannot be written.
    """
    check_target(out)
    temporary = out.with_name(f".{out.name}.{os.getpid()}-{secrets.token_hex(4)}.tmp")
    try:
        temporary.mkdir(parents=True)
        for name, content in files.items():
            (temporary / name).write_bytes(content)
        os.replace(temporary, out)  # onto an empty folder this is allowed
    except OSError as error:
        raise RequestError(
            f"the report cannot be written to '{out}' ({error.strerror or error}).",
            "Choose a folder that can be written.",
        ) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
