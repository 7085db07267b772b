"""`kenshin scan`: from a sample file to a run and an exit code."""

from __future__ import annotations

import argparse
import json

from analysis.cli.inspect import GATE, outcome, print_outcome
from analysis.cli.progress import TerminalProgress
from analysis.pipeline.scan import OPTIONS, ScanRequest, scan
from analysis.pipeline.settings import read_config_file, settle
from analysis.runs.store import RunStore


def run(arguments: argparse.Namespace) -> int:
    """Scan, print the answer, return the exit code."""
    given = {name: getattr(arguments, name) for name in OPTIONS}
    from_file = read_config_file(arguments.config) if arguments.config else {}
    config, origins = settle({n: v for n, v in given.items() if v is not None}, from_file, None)
    request = ScanRequest(arguments.samples, config, origins)
    result = scan(request, RunStore(arguments.runs), TerminalProgress(), arguments.job_dir)
    print_outcome(result, as_json=False)
    for trigger in result.record["metrics"]["triggers"]:
        if trigger["suspicious"]:
            text = " ".join(trigger["text"].split())
            print(f"  located: {text}  ({trigger['support']:,} samples)")
    if arguments.json:
        print(json.dumps(outcome(result), ensure_ascii=False))
    verdict = result.record["verdict"] or {}
    return GATE.get(str(verdict.get("answer")), 0) if arguments.gate else 0
