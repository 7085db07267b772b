"""`kenshin runs verify`: the tables of a run against its record, and the whole trail."""

from __future__ import annotations

import argparse
import json

from analysis.errors import RequestError
from analysis.runs.store import Run, RunStore
from analysis.runs.trail_extract import extract_problem, read_extract
from analysis.runs.trail_verify import TrailState, verify_trail

SHORTEST = 8  # hex digits of a cited hash


def verify(store: RunStore, arguments: argparse.Namespace) -> int:
    """Print what does not hold; 1 when anything does not.

    Raises:
        RequestError: the named run does not exist, there is neither a run nor a trail, or the
            cited hash is too short to mean anything.
    """
    cited = arguments.head or ""
    if 0 < len(cited) < SHORTEST:
        raise RequestError(
            f"--head '{cited}' is too short.", f"Give at least {SHORTEST} digits of it."
        )
    if arguments.extract is not None:
        return _extract(arguments)
    state = verify_trail(store.root, cited)
    run_id, problems = "", list[str]()
    if arguments.ref or store.list() or not state.head.length:
        run, problems = _run(store, arguments.ref or "latest")
        run_id = run.run_id
        # A run elsewhere has its own trail beside it.
        if run.path.parent != store.root:
            state = verify_trail(run.path.parent, cited)
    if arguments.json:
        print(json.dumps({"run_id": run_id, "problems": problems, "trail": _json(state)}))
    else:
        _print(run_id, problems, state)
    return 1 if problems or state.problem else 0


def _run(store: RunStore, ref: str) -> tuple[Run, list[str]]:
    return store.open(ref), [str(problem) for problem in store.verify(ref)]


def _extract(arguments: argparse.Namespace) -> int:
    lines = read_extract(arguments.extract)
    problem = extract_problem(lines, arguments.head or "")
    if arguments.json:
        print(json.dumps({"entries": len(lines), "problem": problem}))
    else:
        print(problem or f"{len(lines)} entries hold")
    return 1 if problem else 0


def _json(state: TrailState) -> dict[str, object]:
    return {**state.head.to_json(), "problem": state.problem}


def _print(run_id: str, problems: list[str], state: TrailState) -> None:
    for problem in problems:
        print(f"{run_id}: {problem}")
    if run_id and not problems:
        print(f"{run_id}: every table matches its hash")
    if state.problem:
        print(f"trail: {state.problem}")
    elif state.head.length:
        print(f"trail: {state.head.length} entries hold; the last one is {state.head.sha256}")
    else:
        print("trail: no act is noted yet")
