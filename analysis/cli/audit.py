"""`kenshin audit`: from the command line to a run and an exit code."""

from __future__ import annotations

import argparse
from dataclasses import replace

from analysis.cli.inspect import print_outcome
from analysis.cli.next_step import print_next
from analysis.cli.options.base import given_options, names_of
from analysis.cli.progress import TerminalProgress
from analysis.config import InspectConfig
from analysis.pipeline.audit_settings import AuditRequest, filled_from, require_complete
from analysis.pipeline.settings import read_config_file, settle
from analysis.runs.store import Run, RunStore

GATE = {"present": 3, "hidden": 3, "unclear": 4}


def run(arguments: argparse.Namespace) -> int:
    """Audit, print the verdict, return the exit code."""
    if arguments.facts is not None:
        from analysis.cli.facts import audit_facts_run

        return _exit_code(audit_facts_run(arguments), arguments)
    store = RunStore(arguments.runs)
    request = request_of(arguments, store)
    require_complete(request)
    from analysis.pipeline.audit import audit  # torch is loaded here, after the checks

    result = audit(request, store, TerminalProgress(), job_dir=arguments.job_dir)
    if not arguments.json:
        print_outcome(result, as_json=False)
        print_next(result, store)
    else:
        print_outcome(result, as_json=True)
    return _exit_code(result, arguments)


def _exit_code(result: Run, arguments: argparse.Namespace) -> int:
    verdict = result.record["verdict"] or {}
    return GATE.get(str(verdict.get("answer")), 0) if arguments.gate else 0


def request_of(arguments: argparse.Namespace, store: RunStore) -> AuditRequest:
    """The request behind the parsed options.

    Raises:
        RequestError: an unknown run, or a value outside its range.
    """
    parent = store.open(arguments.from_run) if arguments.from_run else None
    given = given_options(arguments, InspectConfig)
    from_file = read_config_file(arguments.config) if arguments.config else {}
    config, origins = settle(given, from_file, parent)
    names = ("original", "unlearned", "forget", "retain", "test", "triggered")
    own = {name: getattr(arguments, name) for name in (*names, "target")}
    first, *more = arguments.control or [None]
    own |= {"control": first}
    origins |= {name: "command line" for name, value in own.items() if value is not None}
    origins["budget"] = "command line" if arguments.budget else "default"
    origins["attacks"] = "command line" if arguments.attacks else "default"
    request = AuditRequest(
        **own,
        controls=tuple(more),
        budget=arguments.budget or "quick",
        attacks=names_of(arguments.attacks or ""),
        config=config,
        origins=origins,
    )
    filled = request if parent is None else filled_from(request, parent, store)
    return replace(filled, origins={"target": "default", **filled.origins})
