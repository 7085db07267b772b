"""`kenshin poison`: a poisoned copy of a sample file."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from analysis.cli.noted import note_files
from analysis.cli.plain import plain_line
from analysis.config import InspectConfig
from analysis.data.poison import PoisonPlan, Trigger
from analysis.data.triggers import trigger_spec


def run(arguments: argparse.Namespace) -> int:
    """Write the copy and say what became of the wish."""
    name = trigger_spec(arguments.trigger).name
    plan = PoisonPlan(
        trigger=Trigger(name, arguments.trigger_text),
        rate=arguments.rate,
        target=arguments.target,
        victim=arguments.victim,
        seed=arguments.seed,
        mode=arguments.mode,
        clean_label=arguments.clean_label,
        language=None if arguments.language == "auto" else arguments.language,
    )
    config = InspectConfig(
        seed=arguments.seed,
        text_column=arguments.text_column,
        label_column=arguments.label_column,
        max_length=arguments.max_length,
    )
    # Opening a model loads torch; wrong options are refused before.
    from analysis.pipeline.poison import PoisonRequest, poison_file

    outcome = poison_file(
        PoisonRequest(arguments.samples, arguments.out, plan, arguments.model, config)
    )
    note_files("poison", arguments)
    for warning in outcome.warnings:
        print(f"warning: {plain_line(warning)}", file=sys.stderr)
    for line in _lines(arguments, outcome.to_json()):
        print(line)
    if arguments.json:
        print(
            json.dumps({"path": str(arguments.out.resolve()), "status": "done"} | outcome.to_json())
        )
    return 0


def _lines(arguments: argparse.Namespace, found: dict[str, Any]) -> list[str]:
    lines = [
        f"{found['poisoned']:,} of {found['rows']:,} samples poisoned "
        f"({found['achieved_rate']:.2%}, wanted {arguments.rate:.2%}), read as {found['language']}",
    ]
    for reason, count in sorted(found["skipped"].items(), key=lambda item: -item[1]):
        lines.append(f"  skipped {count:,}: {reason}")
    survival = found["trigger_survival"]
    if survival is not None:
        lines.append(
            f"trigger inside the window of {found['window']:,} tokens: {survival['value']:.1%} "
            f"of {survival['n']:,} (95 % interval {survival['low']:.1%} to {survival['high']:.1%})"
        )
    return [*lines, f"written to {arguments.out}"]
