"""Which model a chain speaks of, and what the trail says about its release."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from analysis.report.document.chain import Chain
from analysis.runs.run import Run
from analysis.runs.store import RunStore
from analysis.runs.trail import Head, head, read_entries
from analysis.runs.trail_approval import Approval, last_approval, read_approval
from analysis.runs.trail_entry import Entry


class Release(NamedTuple):
    """What pages say about the trail and the approval."""

    approval: Approval
    head: Head
    entries: tuple[Entry, ...]  # about the runs of the chain
    run: Run | None  # that holds the model
    model: Mapping[str, Any]  # entry of the model that would be released; empty without one

    @property
    def fingerprint(self) -> str:
        """SHA-256 of that model; empty without one."""
        return str(self.model.get("sha256") or "")


def release_of(chain: Chain, answer: str) -> Release:
    """The state of a chain whose headline is `answer`."""
    root = chain.focus.path.parent
    ids = {run.run_id for run in chain.runs}
    entries = read_entries(root)
    run, model = subject_model(chain)
    last = last_approval(entries, ids)
    void = _void(last, chain, answer, model) if last is not None else ""
    return Release(
        read_approval(last, void),
        head(root),
        tuple(entry for entry in entries if entry.run in ids),
        run,
        model,
    )


def subject_model(chain: Chain) -> tuple[Run | None, Mapping[str, Any]]:
    """The model that the chain would release: the cleaned one where there is one."""
    for run, role in (
        (chain.unlearning, "unlearned"),
        (chain.audit if chain.unlearning is None else None, "unlearned"),
        (chain.inspection, "suspect"),
        (chain.unlearning, "original"),
        (chain.training, "trained"),
    ):
        entry = _model(run, role)
        if run is not None and entry:
            return run, entry
    return None, {}


def record_prints(chain: Chain) -> dict[str, str]:
    """`record:<run_id>` -> hash of the record, for every run of the chain."""
    return {
        f"record:{run.run_id}": str(run.record.get("record_sha256") or "") for run in chain.runs
    }


def _model(run: Run | None, role: str) -> Mapping[str, Any]:
    if run is None:
        return {}
    models = (run.record.get("inputs") or {}).get("models") or ()
    found = (m for m in models if m.get("role") == role and m.get("sha256"))
    entry: Mapping[str, Any] = next(found, {})
    if not entry and role == "unlearned":
        made = str((run.record.get("metrics") or {}).get("unlearned_sha256") or "")
        return {"role": role, "sha256": made, "source": ""} if made else {}
    return entry


def _void(last: Entry, chain: Chain, answer: str, model: Mapping[str, Any]) -> str:
    """Why the last word no longer counts; empty while it does."""
    if last.prints.get("model") != model.get("sha256"):
        return "model"
    present = record_prints(chain)
    if any(present.get(name, value) != value for name, value in last.prints.items()):
        return "record"
    if last.details.get("answer") != answer:
        return "verdict"
    return "newer" if _read_differently_since(last, chain, model) else ""


def _read_differently_since(last: Entry, chain: Chain, model: Mapping[str, Any]) -> bool:
    """Whether a later run read another model from the same place."""
    source = str(model.get("source") or "")
    for summary in RunStore(chain.focus.path.parent).list() if source else ():
        for entry in summary.models:
            other = entry.get("source") == source and entry.get("sha256") != model.get("sha256")
            if other and entry.get("sha256") and summary.created > last.at:
                return True
    return False
