"""One entry of the trail: what it says, and how its hash follows from that."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from analysis.identity import json_sha256

START = "0" * 64  # what stands for the hash before the first entry
# Everything that is noted; whoever adds an act adds its name.
ACTIONS = (
    *("run.created", "run.done", "run.failed", "run.cancelled", "run.discarded", "run.deleted"),
    *("job.started", "job.cancelled", "upload.kept", "files.written"),
    *("report.made", "guard.exported", "samples.exported"),
    *("samples.confirmed", "samples.dismissed", "samples.unmarked"),
    *("view.saved", "view.deleted"),
    *("delta.applied", "delta.undone"),
    *("approval.given", "approval.revoked", "provenance.written"),
    *("trail.repaired", "trail.cut"),
)
ENDS = ("run.done", "run.failed", "run.cancelled")
_HASHED = ("seq", "at", "actor", "through", "action", "run", "prints", "details", "previous")


class Entry(NamedTuple):
    """An act.

    Attributes:
        seq: 1, 2, 3 … without gaps.
        at: ISO 8601, UTC.
        actor: who.
        through: how the name is known.
        action: one of `ACTIONS`.
        run: run_id; empty for acts on no run.
        prints: what was acted on -> SHA-256.
        details: whatever else a reader needs, plain JSON.
        previous: hash of the entry before; `START` for the first.
        sha256: hash of all of the above.
    """

    seq: int
    at: str
    actor: str
    through: str
    action: str
    run: str
    prints: Mapping[str, str]
    details: Mapping[str, Any]
    previous: str
    sha256: str

    def line(self) -> bytes:
        """The entry as one line of JSON, ASCII, with its newline."""
        return (json.dumps(self._asdict(), ensure_ascii=True, allow_nan=False) + "\n").encode()

    def skeleton(self) -> bytes:
        """Only what links the chain: for extracts that leave this act out."""
        kept = {"seq": self.seq, "previous": self.previous, "sha256": self.sha256}
        return (json.dumps(kept) + "\n").encode()


def sealed(values: Mapping[str, Any]) -> Entry:
    """An entry from everything but its hash."""
    return Entry(**values, sha256=entry_sha256(values))


def entry_sha256(values: Mapping[str, Any]) -> str:
    """SHA-256 of the canonical JSON of an entry without its own hash."""
    return json_sha256({name: values[name] for name in _HASHED})


def parse(line: bytes) -> Entry | None:
    """The entry in a line; None when it is no entry. Its hash is not checked."""
    try:
        values = json.loads(line)
    except ValueError:
        return None
    if not isinstance(values, dict) or set(values) != set(Entry._fields):
        return None
    texts = all(isinstance(values[n], str) for n in Entry._fields if n not in _OTHER)
    if not texts or not isinstance(values["seq"], int) or isinstance(values["seq"], bool):
        return None
    if not isinstance(values["prints"], dict) or not isinstance(values["details"], dict):
        return None
    return Entry(**values)


_OTHER = ("seq", "prints", "details")
