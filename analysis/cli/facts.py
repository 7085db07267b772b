"""`kenshin facts`, and `kenshin audit --facts`: from the command line to files or a run."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from typing import Any

from analysis.cli.inspect import print_outcome
from analysis.cli.noted import note_files
from analysis.cli.options.base import given_options
from analysis.cli.progress import TerminalProgress
from analysis.config import InspectConfig
from analysis.data.facts import FOLDS
from analysis.errors import RequestError
from analysis.pipeline.settings import read_config_file, settle
from analysis.runs.run import Run
from analysis.runs.store import RunStore

_TROJAN_ONLY = ("forget", "test", "triggered", "target", "from_run", "attacks")


def run(arguments: argparse.Namespace) -> int:
    """Write the shipped facts, or unlearn some."""
    if arguments.action == "write":
        from analysis.pipeline.facts_shipped import write_world

        found: dict[str, Any] = write_world(arguments.out)
        lines = [f"{name}: {rows} facts" for name, rows in found["files"].items()]
    else:
        found = _unlearn(arguments)
        facts, retain = found["facts"], found["retain"]
        lines = [
            f"facts {facts['before']:.2f} -> {facts['after']:.2f} (chance {found['chance']:.2f}), "
            f"kept {retain['before']:.2f} -> {retain['after']:.2f}, step {found['step']}, "
            f"{found['seconds']:.0f} s",
            "not audited: kenshin audit --facts says whether they are removed or only hidden",
        ]
    note_files("facts", arguments)
    for line in [*lines, f"written to {arguments.out}"]:
        print(line)
    if arguments.json:
        print(json.dumps({"status": "done", **found}))
    return 0


def _unlearn(arguments: argparse.Namespace) -> dict[str, Any]:
    for name in ("model", "facts", "retain"):
        if getattr(arguments, name) is None:
            raise RequestError(f"--{name} is missing.", "An unlearning needs it.")
    from analysis.audit.facts_unlearn import FactsUnlearning  # torch is loaded here
    from analysis.pipeline.facts_unlearn import FactsUnlearnRequest, facts_unlearn

    request = FactsUnlearnRequest(
        model=arguments.model,
        facts=arguments.facts,
        retain=arguments.retain,
        out=arguments.out,
        unlearning=FactsUnlearning(
            arguments.method, arguments.learning_rate, arguments.steps, seed=arguments.seed
        ),
        mask=arguments.mask,
        mask_ratio=arguments.mask_ratio,
    )

    def tell(moment: Any) -> None:
        if moment.look is not None:
            look = moment.look
            text = f"step {moment.step}: facts {look.asr:.2f}, kept {look.accuracy:.2f}"
            print(text, file=sys.stderr, flush=True)

    return facts_unlearn(request, tell)


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
    given = given_options(arguments, InspectConfig)
    from_file = read_config_file(arguments.config) if arguments.config else {}
    config, origins = settle(given, from_file, None)
    from analysis.pipeline.audit_facts import audit_facts  # torch is loaded here
    from analysis.pipeline.audit_facts_inputs import FactsAuditRequest

    request = FactsAuditRequest(
        original=arguments.original,
        unlearned=arguments.unlearned,
        facts=arguments.facts,
        control=_one_control(arguments.control or ()),
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


def _one_control(given: Sequence[str]) -> str | None:
    if len(given) > 1:
        raise RequestError(
            f"--control was given {len(given)} times; an audit of facts takes one control.",
            "Name one model that was never taught the facts.",
        )
    return given[0] if given else None
