"""`kenshin unlearn`: from the command line to a run, its re-inspection and an exit code."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import fields
from typing import Any

from analysis.cli.inspect import outcome, print_outcome
from analysis.cli.progress import TerminalProgress
from analysis.cli.unlearn_audit import audit_after
from analysis.config import InspectConfig
from analysis.errors import KenshinError, RequestError
from analysis.pipeline.settings import read_config_file, settle
from analysis.pipeline.unlearn_settings import UnlearnRequest, filled_from, require_complete
from analysis.runs.store import Run, RunStore
from analysis.unlearn.config import UnlearnConfig

# A removal, then its audit; the graver of the two decides.
GATE = {
    "inverted": 3, "not_cleaned": 3, "present": 3, "hidden": 3, "declined": 4, "unclear": 4,
}  # fmt: skip
_SHARED = ("seed", "precision")  # fields of both configurations, given once
_UNLEARN = tuple(f.name for f in fields(UnlearnConfig) if f.name not in (*_SHARED, "use_trigger"))


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
    """The request by precedence: command line > config file > inspection > defaults.

    Raises:
        RequestError: an unknown key, a value outside its range, or a run that does not fit.
    """
    parent = store.open(arguments.from_run) if arguments.from_run else None
    from_file = read_config_file(arguments.config) if arguments.config else {}
    reading = {f.name for f in fields(InspectConfig)}
    typed = {n: v for n, v in vars(arguments).items() if v is not None}
    config, origins = settle(
        {n: v for n, v in typed.items() if n in reading},
        {n: v for n, v in from_file.items() if n not in _UNLEARN},
        parent,
    )
    own = {n: from_file[n] for n in _UNLEARN if n in from_file}
    own |= {n: typed[n] for n in _UNLEARN if n in typed}
    origins |= {n: _origin(n, typed, from_file) for n in _UNLEARN}
    names = ("model", "reference", "start", "forget", "retain", "test", "triggered")
    files = {n: typed[n] for n in names if n in typed}
    request = UnlearnRequest(
        **files,
        mask_from=arguments.mask_from,
        controls=tuple(arguments.control or ()),
        unlearn=_unlearn_config(own, config, use_trigger=not arguments.no_trigger),
        config=config,
        origins=origins | dict.fromkeys(files, "command line"),
        out=arguments.out,
        reinspect=not arguments.no_reinspect,
    )
    return request if parent is None else filled_from(request, parent)


def _unlearn_config(
    own: dict[str, Any], config: InspectConfig, *, use_trigger: bool
) -> UnlearnConfig:
    precision = "bf16" if config.precision in ("auto", "bf16") else "fp32"
    try:
        return UnlearnConfig(**own, seed=config.seed, precision=precision, use_trigger=use_trigger)
    except TypeError as error:  # a value of another type in the configuration file
        raise RequestError(f"the options of the unlearning cannot be read: {error}.") from error


def _origin(name: str, typed: dict[str, Any], from_file: dict[str, Any]) -> str:
    if name in typed:
        return "command line"
    return "config file" if name in from_file else "default"


def _again(result: Run, request: UnlearnRequest, store: RunStore) -> Run | None:
    """The child inspection; its failure is told and does not undo the removal."""
    if not request.reinspect or "unlearned_sha256" not in result.record["metrics"]:
        return None
    from analysis.pipeline.unlearn_again import reinspect

    try:
        child = reinspect(result, store, TerminalProgress())
    except KenshinError as error:
        print(f"kenshin: the cleaned model was not inspected again: {error}", file=sys.stderr)
        return None
    if child is not None:
        print("The cleaned model, inspected again on the same axes:")
        print_outcome(child, as_json=False)
    return child
