"""Put the weight change of a removal on its model, or take it back: a new folder, bit by bit."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from analysis.config import InspectConfig
from analysis.errors import RequestError
from analysis.models.open import open_model
from analysis.models.save import save_model
from analysis.runs.run import Run
from analysis.runs.trail import note
from analysis.unlearn.delta import read_delta
from analysis.unlearn.state import stored_state

DELTA = "delta.safetensors"


class Put(NamedTuple):
    """What was written."""

    folder: Path
    sha256: str  # of the written model's parameters


def put_delta(run: Run, out: Path, model: str | None = None, *, undo: bool = False) -> Put:
    """Write the model with the change, or without it again, and note that in the trail.

    Args:
        run: an unlearn run that kept its weight change.
        out: a new or empty folder.
        model: where the change goes on or comes off; None for the run's own model.
        undo: take it back.

    Raises:
        RequestError: the run has no weight change, or the model is not the one it belongs to.
    """
    if not run.has(DELTA):
        raise RequestError(f"run {run.run_id} keeps no weight change.", "Name an unlearn run.")
    delta = read_delta(str(run.file(DELTA)))
    opened = open_model(model or _own(run, "unlearned" if undo else "original"), InspectConfig())
    state = stored_state(opened, opened.module)
    made = delta.undo(state) if undo else delta.apply(state)
    folder = save_model(opened, out, made)
    written = open_model(str(folder), InspectConfig()).sha256
    note(
        run.path.parent,
        "delta.undone" if undo else "delta.applied",
        run.run_id,
        {"base": delta.base_sha256, "result": delta.result_sha256, "model": written},
        place=str(out.resolve()),
    )
    return Put(folder, written)


def _own(run: Run, role: str) -> str:
    for entry in (run.record.get("inputs") or {}).get("models") or ():
        if entry.get("role") == role:
            return str(entry["source"])
    raise RequestError(
        f"run {run.run_id} names no {role} model.", "Say which one with --model FOLDER."
    )
