"""`kenshin unlearn`: from the command line to a run, its re-inspection and an exit code."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace

from analysis.cli.inspect import outcome, print_outcome
from analysis.cli.plain import plain_line
from analysis.cli.progress import TerminalProgress
from analysis.cli.removal import removal_request
from analysis.cli.unlearn_audit import audit_after
from analysis.errors import KenshinError
from analysis.pipeline.unlearn_settings import UnlearnRequest, require_complete
from analysis.runs.store import Run, RunStore

# A removal, then its audit; the graver of the two decides.
GATE = {
    "inverted": 3, "not_cleaned": 3, "present": 3, "hidden": 3, "declined": 4, "unclear": 4,
}  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    """Unlearn, print the verdict, inspect again, return the exit code."""
    store = RunStore(arguments.runs)
    request = unlearn_request(arguments, store)
    require_complete(request)
    from analysis.pipeline.unlearn import run_unlearn  # torch is loaded here, after the checks

    result = run_unlearn(request, store, TerminalProgress(), job_dir=arguments.job_dir)
    print_outcome(result, as_json=False)
    child = _again(result, request, store)
    audited = audit_after(result, "" if arguments.no_audit else arguments.audit, store)
    if arguments.json:
        children = [each.run_id for each in (child, audited) if each is not None]
        print(json.dumps({**outcome(result), "children": children}, ensure_ascii=False))
    if not arguments.gate:
        return 0
    answers = [(run.record["verdict"] or {}).get("answer") for run in (result, audited) if run]
    return min((GATE[answer] for answer in answers if answer in GATE), default=0)


def unlearn_request(arguments: argparse.Namespace, store: RunStore) -> UnlearnRequest:
    """The removal that was asked for, with where its result goes.

    Raises:
        RequestError: see `removal_request`.
    """
    return replace(
        removal_request(arguments, store),
        mask_from=arguments.mask_from,
        out=arguments.out,
        reinspect=not arguments.no_reinspect,
    )


def _again(result: Run, request: UnlearnRequest, store: RunStore) -> Run | None:
    """The child inspection; its failure is told and does not undo the removal."""
    if not request.reinspect or "unlearned_sha256" not in result.record["metrics"]:
        return None
    from analysis.pipeline.unlearn_again import reinspect

    try:
        child = reinspect(result, store, TerminalProgress())
    except KenshinError as error:
        print(
            f"kenshin: the cleaned model was not inspected again: {plain_line(error)}",
            file=sys.stderr,
        )
        return None
    if child is not None:
        print("The cleaned model, inspected again on the same axes:")
        print_outcome(child, as_json=False)
    return child
