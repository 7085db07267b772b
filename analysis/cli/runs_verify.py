"""`kenshin runs verify`: tables of a run, or of all, against their records, and the whole trail."""

from __future__ import annotations

import argparse
import json

from analysis.errors import KenshinError, RequestError
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
    run_id, problems, others = "", list[str](), dict[str, list[str]]()
    if arguments.ref or store.list() or not state.head.length:
        run, problems = _run(store, arguments.ref or "latest")
        run_id = run.run_id
        if not arguments.ref:
            others = _others(store, run_id)
        # A run elsewhere has its own trail beside it.
        if run.path.parent != store.root:
            state = verify_trail(run.path.parent, cited)
    if arguments.json:
        told = [*problems, *(f"{name}: {each}" for name in others for each in others[name])]
        print(json.dumps({"run_id": run_id, "problems": told, "trail": _json(state)}))
    else:
        _print(run_id, problems, others, state)
    return 1 if problems or any(others.values()) or state.problem else 0


def _run(store: RunStore, ref: str) -> tuple[Run, list[str]]:
    return store.open(ref), [str(problem) for problem in store.verify(ref)]


def _others(store: RunStore, known: str) -> dict[str, list[str]]:
    """Problems of every run but one, by run: without a name the whole store is asked for."""
    found: dict[str, list[str]] = {}
    for run_id in (run.run_id for run in store.list()):
        if run_id != known:
            try:
                found[run_id] = _run(store, run_id)[1]
            except KenshinError as error:
                found[run_id] = [str(error)]
    return found


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


def _print(
    run_id: str, problems: list[str], others: dict[str, list[str]], state: TrailState
) -> None:
    for name, found in {run_id: problems, **others}.items():
        for problem in found:
            print(f"{name}: {problem}")
    if run_id and not problems:
        print(f"{run_id}: every table matches its hash")
    if others:
        broken = sum(bool(found) for found in others.values())
        runs = f"{len(others)} other run{'s' if len(others) > 1 else ''}"
        print(f"{runs}: {f'{broken} with problems' if broken else 'all match'}")
    if state.problem:
        print(f"trail: {state.problem}")
    elif state.head.length:
        print(f"trail: {state.head.length} entries hold; the last one is {state.head.sha256}")
    else:
        print("trail: no act is noted yet")
