"""The part of the trail that a report takes along, and the check of such a part.

Entries about other runs keep only number and hashes, so that the chain can still be followed
without telling what else was done.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from pathlib import Path

from analysis.errors import RequestError
from analysis.runs.trail import read_lines
from analysis.runs.trail_entry import START, entry_sha256, parse

LARGEST = 100_000_000


def extract(root: Path, run_ids: Collection[str]) -> bytes:
    """Every entry about these runs whole, every other one as number and hashes; JSON lines."""
    parts = []
    for line in read_lines(root):
        entry = parse(line)
        if entry is None:  # goes along as it is: whoever checks it shall see it
            parts.append(line + b"\n")
            continue
        whole = entry.run in run_ids or entry.action.startswith("trail.")
        parts.append(line + b"\n" if whole else entry.skeleton())
    return b"".join(parts)


def read_extract(path: Path) -> list[bytes]:
    """The lines of an extract.

    Raises:
        RequestError: it cannot be read or is too large to be one.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise RequestError(f"'{path}' is too large for an extract.", "Name the right file.")
        return path.read_bytes().splitlines()
    except OSError as error:
        raise RequestError(
            f"the extract '{path}' cannot be read ({error.strerror or error}).", "Check the path."
        ) from error


def extract_problem(lines: Sequence[bytes], cited: str = "") -> str:
    """The first line that does not hold, one sentence; empty when all do.

    Args:
        lines: of an extract.
        cited: the beginning of the hash that a report cites as the head.
    """
    previous = START
    for number, line in enumerate(lines, start=1):
        try:
            values = json.loads(line)
            seq, link, own = values["seq"], values["previous"], str(values["sha256"])
        except (ValueError, KeyError, TypeError):
            return f"line {number} of the extract is no entry."
        if seq != number or link != previous:
            return f"entry {number} of the extract does not follow from the one before."
        entry = parse(line)
        if entry is None and len(values) > len(("seq", "previous", "sha256")):
            return f"line {number} of the extract is no entry."
        if entry is not None and entry_sha256(entry._asdict()) != own:
            return f"entry {number} of the extract was changed: its content does not fit its hash."
        previous = own
    if cited and not previous.startswith(cited):
        return f"the extract ends with the hash {previous}, not with the cited {cited}."
    return ""
