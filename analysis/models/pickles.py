"""Pickled checkpoints: scanned, checked for size, and read as plain tensors only.

`weights_only` builds nothing but tensors and containers; the scanner names what else a file
would have run; the archive check stops files that unpack to more than they are.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import torch

from analysis.errors import UnsafeFileError

# torch stores its archives uncompressed; headers and padding to 64 bytes need a little more
_SLACK = 1 << 20


def check_archive(path: Path) -> None:
    """Refuse a zip archive that unpacks to more than its own size.

    Raises:
        UnsafeFileError: a damaged archive, a zip bomb, or entries with unsafe names.
    """
    if not zipfile.is_zipfile(path):
        return
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except zipfile.BadZipFile as error:
        raise UnsafeFileError(f"'{path.name}' is a damaged archive.") from error
    unpacked = sum(entry.file_size for entry in entries)
    size = path.stat().st_size
    if unpacked > size + _SLACK:
        raise UnsafeFileError(
            f"'{path.name}' has {size} bytes but unpacks to {unpacked}: a zip bomb, not a "
            "checkpoint saved by torch."
        )


def scan(path: Path) -> None:
    """Look through every pickle of a file for calls that run code; nothing is executed.

    Raises:
        UnsafeFileError: dangerous globals (named), or a file that cannot be scanned.
    """
    from picklescan.scanner import SafetyLevel, scan_file_path

    check_archive(path)
    try:
        result = scan_file_path(str(path))
    except Exception as error:  # the scanner reads strangers' bytes and may stumble over any
        raise _no_pickle(path) from error
    dangerous = sorted(
        {
            f"{item.module}.{item.name}"
            for item in result.globals
            if item.safety == SafetyLevel.Dangerous
        }
    )
    if dangerous or result.issues_count:
        raise UnsafeFileError(
            f"'{path.name}' would run code when loaded: {', '.join(dangerous[:5]) or 'unknown'}.",
            "It was not opened; do not load this file with any other tool either.",
        )
    if result.scan_err or not result.scanned_files:
        raise _no_pickle(path)


def _no_pickle(path: Path) -> UnsafeFileError:
    return UnsafeFileError(
        f"'{path.name}' cannot be scanned as a pickle.",
        "Give a checkpoint written by torch.save.",
    )


def load_pickle(path: Path) -> dict[str, Any]:
    """Tensors of a scanned pickle, memory-mapped where its format allows it.

    Raises:
        UnsafeFileError: the scan fails, or the file holds more than tensors and containers.
    """
    scan(path)
    try:
        mapped = zipfile.is_zipfile(path)  # the format before torch 1.6 cannot be mapped
        value = torch.load(path, map_location="cpu", weights_only=True, mmap=mapped)
    except Exception as error:
        raise UnsafeFileError(
            f"'{path.name}' holds more than tensors ({type(error).__name__}).",
            "Save its state_dict() alone and convert that.",
        ) from error
    if not isinstance(value, dict):
        raise UnsafeFileError(f"'{path.name}' holds a {type(value).__name__}, not a state dict.")
    return value
