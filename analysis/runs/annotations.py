"""What analysts add to a run afterwards: confirm and dismiss marks, saved views.

One JSON object per line in `<run>/annotations.jsonl`, only ever appended to and not part of the
verified hashes: a run's own bytes stay as they were. The last word on a sample or a view counts.
"""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal, NamedTuple

from analysis.errors import RequestError
from analysis.runs.record import now, plain, sha256_of
from analysis.runs.run import Run
from analysis.runs.trail import note

ANNOTATIONS_FILE = "annotations.jsonl"
MARKS = ("confirmed", "dismissed", "none")  # "none" takes a mark back
MAX_VIEW_NAME = 80
LISTED = 50  # sample names that the trail lists; their hash covers all

Mark = Literal["confirmed", "dismissed"]


class SavedView(NamedTuple):
    """A screen that somebody wants to find again."""

    name: str
    state: Mapping[str, Any]  # query parameters of the screen
    at: str


def mark_samples(run: Run, sample_ids: Iterable[str], mark: str) -> None:
    """Confirm or dismiss samples, or take their mark back with "none".

    Raises:
        RequestError: a mark outside `MARKS`, or a run folder that cannot be written.
    """
    if mark not in MARKS:
        raise RequestError(f"mark '{mark}' is unknown.", f"Choose from {', '.join(MARKS)}.")
    names = [str(name) for name in sample_ids]
    what = {"confirmed": "samples.confirmed", "dismissed": "samples.dismissed"}
    note(
        run.path.parent,
        what.get(mark, "samples.unmarked"),
        run.run_id,
        {"samples": sha256_of(names), "record": _record_print(run)},
        samples=names[:LISTED],
        n=len(names),
    )
    _append(run, {"type": "mark", "samples": names, "mark": mark})


def read_marks(run: Run) -> dict[str, Mark]:
    """sample_id -> its present mark; samples without one are not in it."""
    marks: dict[str, Mark] = {}
    for entry in _entries(run, "mark"):
        mark = entry.get("mark")
        for name in entry.get("samples", ()):
            if mark in ("confirmed", "dismissed"):
                marks[str(name)] = mark
            elif mark == "none":
                marks.pop(str(name), None)
    return marks


def save_view(run: Run, name: str, state: Mapping[str, Any]) -> None:
    """Keep the state of a screen under a name; the same name replaces it.

    Raises:
        RequestError: an empty or overlong name, or a run folder that cannot be written.
    """
    clean = _view_name(name)
    prints = {"state": sha256_of(plain(state)), "record": _record_print(run)}
    note(run.path.parent, "view.saved", run.run_id, prints, name=clean)
    _append(run, {"type": "view", "name": clean, "state": plain(state)})


def remove_view(run: Run, name: str) -> None:
    """Forget a saved view.

    Raises:
        RequestError: as for `save_view`.
    """
    clean = _view_name(name)
    note(run.path.parent, "view.deleted", run.run_id, {"record": _record_print(run)}, name=clean)
    _append(run, {"type": "view", "name": clean, "state": None})


def read_views(run: Run) -> tuple[SavedView, ...]:
    """Saved views by name."""
    views: dict[str, SavedView] = {}
    for entry in _entries(run, "view"):
        name, state = str(entry.get("name")), entry.get("state")
        if isinstance(state, dict):
            views[name] = SavedView(name, state, str(entry.get("at", "")))
        else:
            views.pop(name, None)
    return tuple(views[name] for name in sorted(views))


def _record_print(run: Run) -> str:
    return str(run.record.get("record_sha256") or "")


def _view_name(name: str) -> str:
    clean = " ".join(name.split())
    if not 1 <= len(clean) <= MAX_VIEW_NAME:
        raise RequestError(
            f"the name of a view has {len(clean)} characters, expected 1 to {MAX_VIEW_NAME}."
        )
    return clean


def _append(run: Run, entry: Mapping[str, Any]) -> None:
    line = json.dumps({"at": now(), **entry}) + "\n"
    try:
        # "a+": a reader after a crash may meet half a line; the next entry starts on its own.
        with (run.path / ANNOTATIONS_FILE).open("a+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if file.tell() and not _ends_with_newline(file):
                line = "\n" + line
            file.write(line.encode("ascii"))
    except OSError as error:
        raise RequestError(
            f"nothing can be noted in '{run.path}' ({error.strerror or error})."
        ) from error


def _ends_with_newline(file: Any) -> bool:
    file.seek(-1, 2)
    return bool(file.read(1) == b"\n")


def _entries(run: Run, kind: str) -> Iterator[Mapping[str, Any]]:
    try:
        lines = (run.path / ANNOTATIONS_FILE).read_bytes().splitlines()
    except OSError:
        return
    for line in lines:
        try:
            entry = json.loads(line)
        except ValueError:  # half a line of a crashed writer
            continue
        if isinstance(entry, dict) and entry.get("type") == kind:
            yield entry
