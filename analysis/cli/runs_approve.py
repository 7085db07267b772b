"""`kenshin runs approve`: vouch for the model of a run, or take it back."""

from __future__ import annotations

import argparse
import json

from analysis.errors import RequestError
from analysis.runs.store import RunStore


def approve(store: RunStore, arguments: argparse.Namespace) -> int:
    """Note the approval and say what counts now.

    Raises:
        RequestError: no level or name, or something that the level needs is missing.
    """
    from analysis.report.document.approve import Wish
    from analysis.report.document.approve import approve as vouch

    if arguments.to is None:
        raise RequestError("--to is missing.", "Choose trial, reviewed or released.")
    run = store.open(arguments.ref or "latest")
    wish = Wish(arguments.to, arguments.by, arguments.note, arguments.policy, arguments.override)
    state = vouch(run, wish)
    if arguments.json:
        told = {name: getattr(state, name) for name in ("level", "by", "at", "seq", "sha256")}
        print(json.dumps({"run_id": run.run_id, **told, "missing": state.missing}))
        return 0
    print(f"{run.run_id}: {state.level}, by {state.by} (entry {state.seq} of the trail)")
    if state.override:
        print(f"  ! in spite of {', '.join(state.missing)}: {state.override}")
    return 0
