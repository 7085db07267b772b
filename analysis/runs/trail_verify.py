"""Does the trail still hold, and do the runs beside it agree with it?"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from analysis.runs.atomic import read_json
from analysis.runs.record import RECORD_FILE, RUN_ID
from analysis.runs.trail import TRAIL_FILE, Head, head, noted_head, read_lines
from analysis.runs.trail_entry import ENDS, START, Entry, entry_sha256, parse

SETTLING = 0.2  # seconds


class TrailState(NamedTuple):
    """What a check of the whole trail found.

    Attributes:
        head: as it is now.
        problem: the first thing that does not hold, one sentence; empty when all does.
    """

    head: Head
    problem: str


def verify_trail(root: Path, cited: str = "") -> TrailState:
    """Check every entry, the noted head, and the records of the runs against the trail.

    Args:
        root: the runs folder.
        cited: the beginning of a hash that a report cited; some entry must have it.
    """
    problem = _first_problem(root, cited)
    if problem:
        time.sleep(SETTLING)  # a run that ends just now is in its record before it is in the trail
        problem = _first_problem(root, cited)
    return TrailState(head(root), problem)


def chain_problem(lines: Sequence[bytes]) -> str:
    """The first entry of a whole trail that does not hold, one sentence; empty when all do."""
    previous = START
    for number, line in enumerate(lines, start=1):
        entry = parse(line)
        if entry is None:
            return f"entry {number} of the trail cannot be read: its line was changed."
        if entry.seq != number:
            return (
                f"entry {number} of the trail carries the number {entry.seq}: entries were "
                "removed, added or put in another order."
            )
        if entry.sha256 != entry_sha256(entry._asdict()):
            return f"entry {number} of the trail was changed: its content does not fit its hash."
        if entry.previous != previous:
            return (
                f"entry {number} of the trail does not follow from entry {number - 1}: "
                "one of the two was replaced."
            )
        previous = entry.sha256
    return ""


def _first_problem(root: Path, cited: str) -> str:
    # The trail is read last: whatever a record names is in it by then.
    records, noted = dict(_records(root)), noted_head(root)
    lines = read_lines(root)
    broken = chain_problem(lines)
    if broken:  # nothing behind it means anything
        return broken
    entries = [entry for line in lines if (entry := parse(line)) is not None]
    found = chain(
        _torn(root, len(lines)),
        _cut(entries, noted),
        _runs(root, records, entries),
        _cited(entries, cited),
    )
    return next(found, "")


def _cited(entries: Sequence[Entry], cited: str) -> Iterator[str]:
    if cited and not any(entry.sha256.startswith(cited) for entry in entries):
        yield f"no entry of the trail has the cited hash {cited}: the trail is another one."


def _torn(root: Path, whole: int) -> Iterator[str]:
    try:
        data = (root / TRAIL_FILE).read_bytes()
    except OSError:
        return
    if data and not data.endswith(b"\n"):
        yield (
            f"entry {whole + 1} of the trail breaks off in the middle of its line: its writer "
            "was interrupted or the file was cut; the next act mends and notes it."
        )


def _cut(entries: Sequence[Entry], noted: Head | None) -> Iterator[str]:
    for entry in entries:
        if entry.action == "trail.cut":
            yield (
                f"entry {entry.seq} of the trail notes that entries up to number "
                f"{entry.details.get('length')} were gone when it was written."
            )
    if noted is not None and not _holds(entries, noted):
        yield _gone(entries, noted, "the noted head was written")


def _holds(entries: Sequence[Entry], noted: Head) -> bool:
    if noted.length == 0:
        return True
    return len(entries) >= noted.length > 0 and entries[noted.length - 1].sha256 == noted.sha256


def _gone(entries: Sequence[Entry], noted: Head, when: str) -> str:
    if len(entries) < noted.length:
        return (
            f"the trail ends with entry {len(entries)}, but it had {noted.length} when {when}: "
            "entries were cut off."
        )
    return f"entry {noted.length} of the trail is not the one that stood there when {when}."


def _runs(
    root: Path, records: Mapping[str, Mapping[str, Any]], entries: Sequence[Entry]
) -> Iterator[str]:
    """Records name heads of the trail, and the trail names the records' hashes."""
    ended: dict[str, Entry] = {}
    taken: dict[str, Entry] = {}
    begun: dict[str, Entry] = {}
    for entry in entries:
        if entry.action == "run.created":
            begun[entry.run] = entry
        elif entry.action in ENDS:
            ended[entry.run] = entry
        elif entry.action in ("run.deleted", "run.discarded"):
            taken[entry.run] = entry
    for run_id, record in records.items():
        yield from _record(run_id, record, entries, ended.get(run_id))
    for run_id, entry in {**begun, **ended}.items():
        if run_id not in taken and not (root / run_id).is_dir():
            yield f"run {run_id} of entry {entry.seq} is gone, and no entry says who deleted it."


def _record(
    run_id: str, record: Mapping[str, Any], entries: Sequence[Entry], end: Entry | None
) -> Iterator[str]:
    found = record.get("trail")
    if not isinstance(found, Mapping):  # from before there was a trail
        return
    named = Head(int(found.get("length") or 0), str(found.get("head")))
    if not _holds(entries, named):
        yield _gone(entries, named, f"the record of run {run_id} was written")
    if record.get("status") == "running":
        return
    if end is None:
        yield f"run {run_id} has ended, but no entry of the trail says so: entries are missing."
    elif end.prints.get("record") != record.get("record_sha256"):
        yield (
            f"the record of run {run_id} is not the one whose hash entry {end.seq} of the trail "
            "holds: it was changed after its end."
        )


def _records(root: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for path in sorted(root.glob("*")) if root.is_dir() else ():
        if path.is_dir() and RUN_ID.match(path.name):
            yield path.name, read_json(path / RECORD_FILE) or {}
