"""Bring old records to the present format, one numbered step at a time.

Format 1 is the first. Whoever changes a key adds one function `record of n -> record of n + 1`
to `UPGRADES`; stored files are never rewritten, records are upgraded while they are read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from analysis.errors import RequestError

Record = dict[str, Any]

FORMAT_VERSION = 1
UPGRADES: Mapping[int, Callable[[Record], Record]] = MappingProxyType({})


def upgrade(
    record: Record,
    steps: Mapping[int, Callable[[Record], Record]] = UPGRADES,
    target: int = FORMAT_VERSION,
) -> Record:
    """The record in format `target`; the one handed in stays as it is.

    Args:
        record: a record as read from a file.
        steps: version n -> function that makes version n + 1.
        target: the version that this program understands.

    Raises:
        RequestError: no version, one from the future, or one without an upgrade.
    """
    name = record.get("run_id", "without a name")
    version = record.get("format_version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise RequestError(
            f"the record of run {name} has format_version {version!r}, expected 1 to {target}."
        )
    if version > target:
        raise RequestError(
            f"the record of run {name} has format_version {version}, this Kenshin reads up to "
            f"{target}.",
            "Update Kenshin to open it.",
        )
    result = dict(record)
    for number in range(version, target):
        if number not in steps:
            raise RequestError(
                f"the record of run {name} has format_version {version}, and no upgrade from "
                f"{number} exists."
            )
        result = {**steps[number](dict(result)), "format_version": number + 1}
    return result
