"""Trial, reviewed, released: what the trail says about who vouched for a model.

An approval is an entry of the trail and nothing else. It names the fingerprint of the model and
the hashes of the records that it rests on; with another model it means nothing any more.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.runs.trail import note
from analysis.runs.trail_entry import Entry

LEVELS = ("trial", "reviewed", "released")
GIVEN, REVOKED = "approval.given", "approval.revoked"


@dataclass(frozen=True)
class Approval:
    """The state of a chain of runs.

    Attributes:
        level: what counts now, one of `LEVELS`.
        named: the level that was last given; "trial" when none was or it was taken back.
        by: who vouched or took it back; empty when nobody ever did.
        actor: the account or login that noted it.
        at: when, ISO 8601.
        note: one sentence of theirs.
        override: why it was given in spite of `missing`; empty when nothing was missing.
        missing: keys of what was missing.
        void: why it no longer counts ("model", "newer", "verdict", "record"); empty when it does.
        model: SHA-256 of the model that was approved.
        answer: the verdict that it rests on.
        policy: name of the policy that was judged; empty without one.
        seq: number of the entry in the trail, 0 without one.
        sha256: its hash.
    """

    level: str = "trial"
    named: str = "trial"
    by: str = ""
    actor: str = ""
    at: str = ""
    note: str = ""
    override: str = ""
    missing: tuple[str, ...] = ()
    void: str = ""
    model: str = ""
    answer: str = ""
    policy: str = ""
    seq: int = 0
    sha256: str = ""


def last_approval(entries: Sequence[Entry], run_ids: Collection[str]) -> Entry | None:
    """The last word about any of these runs; None when there is none."""
    found = (
        entry
        for entry in reversed(entries)
        if entry.action in (GIVEN, REVOKED)
        and not {entry.run, *_texts(entry.details.get("runs"))}.isdisjoint(run_ids)
    )
    return next(found, None)


def read_approval(entry: Entry | None, void: str = "") -> Approval:
    """An entry as a state; `void` says why it no longer counts."""
    if entry is None:
        return Approval()
    said = {name: str(entry.details.get(name) or "") for name in _TEXTS}
    named = said.pop("to")
    named = named if named in LEVELS else "trial"
    return Approval(
        level="trial" if void else named,
        named=named,
        actor=entry.actor,
        at=entry.at,
        missing=_texts(entry.details.get("missing")),
        void="" if named == "trial" else void,
        model=entry.prints.get("model", ""),
        seq=entry.seq,
        sha256=entry.sha256,
        **said,
    )


_TEXTS = ("to", "by", "note", "override", "answer", "policy")


def note_approval(
    root: Path, run_id: str, prints: Mapping[str, str], details: Mapping[str, Any]
) -> Entry:
    """Write the word into the trail.

    Args:
        root: the runs folder.
        run_id: the run that it is about.
        prints: `model`, and the hash of each record as `record:<run_id>`.
        details: `to`, `by`, `note`, `override`, `missing`, `runs`, `answer`, `policy`.

    Raises:
        RequestError: the trail cannot be written.
    """
    action = GIVEN if details["to"] != LEVELS[0] and not details.get("back") else REVOKED
    return note(root, action, run_id, prints, **details)


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(str(part) for part in value) if isinstance(value, list | tuple) else ()
