"""The trail: who did what, when, on which fingerprints, as a hash chain beside the runs.

`<runs>/trail.jsonl` is only ever appended to, one entry per line, under a lock and in one write.
`<runs>/.trail-head` repeats how long it is and how its last entry hashes; so do the records of
runs. Whoever may write the folder can forge all of it: a head that a report cited outside shows it.
Needs a POSIX system (flock).
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from analysis.errors import RequestError
from analysis.runs.atomic import read_json, write_text
from analysis.runs.record import now, plain
from analysis.runs.trail_actor import current_actor
from analysis.runs.trail_entry import ACTIONS, START, Entry, parse, sealed

TRAIL_FILE = "trail.jsonl"
HEAD_FILE = ".trail-head"
_BLOCK = 1 << 16


class Head(NamedTuple):
    """How long the trail is, and the hash of its last entry."""

    length: int
    sha256: str

    def to_json(self) -> dict[str, Any]:
        """As an object."""
        return {"length": self.length, "head": self.sha256}


def note(
    root: Path,
    action: str,
    run_id: str = "",
    prints: Mapping[str, str] | None = None,
    **details: Any,
) -> Entry:
    """Append one act by the current actor.

    Args:
        root: the runs folder.
        action: one of `ACTIONS`.
        run_id: the run that was acted on.
        prints: what was acted on -> SHA-256.
        **details: whatever else a reader needs, plain JSON.

    Raises:
        RequestError: the trail cannot be written.
    """
    if action not in ACTIONS:
        raise ValueError(f"action {action!r} is not listed")
    actor = current_actor()
    try:
        with _locked(root) as file:
            last = _mended(root, file)
            entry = _next(
                last,
                actor=actor.name,
                through=actor.through,
                action=action,
                run=run_id,
                prints=plain(prints or {}),
                details=plain(details),
            )
            _append(root, file, entry)
    except OSError as error:
        raise RequestError(
            f"the act '{action}' cannot be noted in '{root / TRAIL_FILE}' "
            f"({error.strerror or error}).",
            "Make the runs folder writable; acts that are not noted are not done.",
        ) from error
    return entry


def note_if_possible(
    root: Path,
    action: str,
    run_id: str = "",
    prints: Mapping[str, str] | None = None,
    **details: Any,
) -> str:
    """As `note`, for acts that change nothing in the folder: why it was not noted, else empty.

    A run in a read-only archive can be reported, too.
    """
    try:
        note(root, action, run_id, prints, **details)
    except RequestError as error:
        return str(error)
    return ""


def head(root: Path) -> Head:
    """Length and last hash as they are now; zero and `START` without a trail."""
    line = _last_line(root)
    if not line:
        return Head(0, START)
    entry = parse(line)
    if entry is not None:
        return Head(entry.seq, entry.sha256)
    # After a line that is no entry the chain goes on from the bytes that are there.
    return Head(len(read_lines(root)), sha256(line).hexdigest())


def read_lines(root: Path) -> list[bytes]:
    """The complete lines, without newlines; a last line that was cut off is not among them."""
    try:
        data = (root / TRAIL_FILE).read_bytes()
    except OSError:
        return []
    return data[: data.rfind(b"\n") + 1].splitlines()


def read_entries(root: Path) -> tuple[Entry, ...]:
    """Every entry that can be read, in order; whether the chain holds is another question."""
    return tuple(entry for line in read_lines(root) if (entry := parse(line)) is not None)


def noted_head(root: Path) -> Head | None:
    """What `.trail-head` says; None where it says nothing."""
    found = read_json(root / HEAD_FILE)
    length = (found or {}).get("length")
    return Head(length, str((found or {}).get("head"))) if isinstance(length, int) else None


def _last_line(root: Path) -> bytes:
    """The last complete line; a long trail is not read for it."""
    try:
        with (root / TRAIL_FILE).open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            for length in (_BLOCK, size):
                file.seek(max(0, size - length))
                lines = file.read().rpartition(b"\n")[0].splitlines()
                if len(lines) > 1 or length >= size:
                    return lines[-1] if lines else b""
    except OSError:
        pass
    return b""


@contextmanager
def _locked(root: Path) -> Iterator[BinaryIO]:
    # No buffer: one entry is one write.
    with (root / TRAIL_FILE).open("a+b", buffering=0) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file


def _mended(root: Path, file: Any) -> Head:
    """The head to go on from, after noting what a crash or a cut has left."""
    torn = _drop_torn_line(file)
    last = head(root)
    before = noted_head(root)
    if torn:
        entry = _next(last, action="trail.repaired", details={"bytes": torn}, **_BY_ITSELF)
        last = _append(root, file, entry)
    if before is not None and before.length > last.length:
        entry = _next(last, action="trail.cut", details=before.to_json(), **_BY_ITSELF)
        last = _append(root, file, entry)
    return last


_BY_ITSELF: Mapping[str, Any] = {"actor": "kenshin", "through": "itself", "run": "", "prints": {}}


def _drop_torn_line(file: Any) -> int:
    """Take half a line of a crashed writer away and return its length in bytes."""
    size: int = file.seek(0, os.SEEK_END)
    end = size
    while end > 0:
        start = max(0, end - _BLOCK)
        file.seek(start)
        found = file.read(end - start).rfind(b"\n")
        if found >= 0:
            end = start + found + 1
            break
        end = start
    if end < size:
        file.truncate(end)
    return size - end


def _next(last: Head, **values: Any) -> Entry:
    return sealed({"seq": last.length + 1, "at": now(), "previous": last.sha256, **values})


def _append(root: Path, file: Any, entry: Entry) -> Head:
    line = entry.line()
    if file.write(line) != len(line):
        raise OSError("the disk is full")
    os.fsync(file.fileno())
    result = Head(entry.seq, entry.sha256)
    write_text(root / HEAD_FILE, json.dumps(result.to_json()) + "\n")
    return result
