"""What owners say about the origin of their models, kept beside the runs by fingerprint.

`<runs>/provenance.json`: SHA-256 of the parameters -> field -> text. A run that ends carries what
was said about its models by then in its own record; changes afterwards are in the trail.
"""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from analysis.errors import RequestError
from analysis.runs.atomic import read_json, write_text
from analysis.runs.trail import note

PROVENANCE_FILE = "provenance.json"
FIELDS = (
    "source",
    "pretraining",
    "fine_tuning",
    "trained_by",
    "trained_on",
    "licence",
    "contact",
)
LONGEST = 500  # characters of one field

Sayings = dict[str, dict[str, str]]


def read_provenance(root: Path) -> Sayings:
    """SHA-256 -> what is said; empty where nobody said anything."""
    return cleaned((read_json(root / PROVENANCE_FILE) or {}).get("models"))


def write_provenance(root: Path, sha256: str, values: Mapping[str, str]) -> None:
    """Replace what is said about one model; empty texts are left out, an empty sheet is removed.

    Raises:
        RequestError: an unknown field, a text that is too long, or a folder that cannot be written.
    """
    _check(values)
    said = {name: " ".join(text.split()) for name, text in values.items() if text.strip()}
    note(root, "provenance.written", prints={"model": sha256}, said=said)
    try:
        with (root / f".{PROVENANCE_FILE}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            models = {**read_provenance(root), sha256: said}
            kept = {name: known for name, known in models.items() if known}
            write_text(root / PROVENANCE_FILE, json.dumps({"models": kept}, indent=1) + "\n")
    except OSError as error:
        raise RequestError(
            f"'{root / PROVENANCE_FILE}' cannot be written ({error.strerror or error})."
        ) from error


def about(root: Path, record: Mapping[str, Any]) -> Sayings:
    """What is said now about the models of a record."""
    models = (record.get("inputs") or {}).get("models") or ()
    return _of(read_provenance(root), (str(model.get("sha256")) for model in models))


def cleaned(value: Any) -> Sayings:
    """Only models and fields that can be what they claim: the file may be written by hand."""
    if not isinstance(value, Mapping):
        return {}
    return {
        str(model): {str(k): str(v) for k, v in said.items() if k in FIELDS and str(v).strip()}
        for model, said in value.items()
        if isinstance(said, Mapping)
    }


def _of(sayings: Sayings, prints: Iterable[str]) -> Sayings:
    return {name: sayings[name] for name in dict.fromkeys(prints) if name in sayings}


def _check(values: Mapping[str, str]) -> None:
    for name, text in values.items():
        if name not in FIELDS:
            raise RequestError(
                f"provenance has no field '{name}'.", f"The fields are {', '.join(FIELDS)}."
            )
        if len(text) > LONGEST:
            raise RequestError(
                f"the text of '{name}' has {len(text)} characters, at most {LONGEST} are kept.",
                "Write less.",
            )
