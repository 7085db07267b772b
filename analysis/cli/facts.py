"""`kenshin audit --facts`: from the command line to a run and an exit code."""

from __future__ import annotations

import argparse
from dataclasses import fields

from analysis.cli.inspect import print_outcome
from analysis.cli.progress import TerminalProgress
from analysis.config import InspectConfig
from analysis.data.facts import FOLDS
from analysis.errors import RequestError
from analysis.pipeline.settings import read_config_file, settle
from analysis.runs.run import Run
from analysis.runs.store import RunStore

_TROJAN_ONLY = ("forget", "test", "triggered", "target", "from_run", "attacks")


def audit_facts_run(arguments: argparse.Namespace) -> Run:
    """Audit facts as the command line says.

    Raises:
        RequestError: something is missing, or an option of the trojan audit was given as well.
    """
    for name in _TROJAN_ONLY:
        if getattr(arguments, name, None):
            option = "--from" if name == "from_run" else f"--{name}"
            raise RequestError(
                f"{option} belongs to the audit of a trojan, --facts to that of facts.",
                "Give one of them.",
            )
    for name in ("original", "unlearned"):
        if not getattr(arguments, name):
            raise RequestError(f"--{name} is missing.", "Name the model before or after.")
    given = {
        field.name: getattr(arguments, field.name)
        for field in fields(InspectConfig)
        if getattr(arguments, field.name, None) is not None
    }
    from_file = read_config_file(arguments.config) if arguments.config else {}
    config, origins = settle(given, from_file, None)
    from analysis.pipeline.audit_facts import audit_facts  # torch is loaded here
    from analysis.pipeline.audit_facts_inputs import FactsAuditRequest

    request = FactsAuditRequest(
        original=arguments.original,
        unlearned=arguments.unlearned,
        facts=arguments.facts,
        control=arguments.control,
        retain=arguments.retain,
        budget=arguments.budget or "quick",
        folds=arguments.folds or FOLDS,
        config=config,
        origins={**origins, "budget": "command line" if arguments.budget else "default"},
    )
    store = RunStore(arguments.runs)
    result = audit_facts(request, store, TerminalProgress(), job_dir=arguments.job_dir)
    print_outcome(result, as_json=arguments.json)
    return result
