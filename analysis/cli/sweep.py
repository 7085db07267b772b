"""`kenshin sweep`: from the command line to a table of settings."""

from __future__ import annotations

import argparse
import json

from analysis.cli.inspect import outcome
from analysis.cli.progress import TerminalProgress
from analysis.cli.removal import removal_request
from analysis.pipeline.unlearn_settings import require_complete
from analysis.runs.store import Run, RunStore
from analysis.unlearn.sweep_grid import SweepGrid

METHOD = "lya"  # whose question a sweep repeats


def run(arguments: argparse.Namespace) -> int:
    """Sweep, print what it found, return the exit code."""
    store = RunStore(arguments.runs)
    request = removal_request(arguments, store, {"method": METHOD})
    require_complete(request)
    given = ("strengths", "learning_rates", "batch_sizes")
    grid = SweepGrid(**{name: getattr(arguments, name) or () for name in given})
    from analysis.pipeline.sweep import run_sweep  # torch is loaded here, after the checks

    result = run_sweep(request, grid, store, TerminalProgress(), job_dir=arguments.job_dir)
    for line in lines(result):
        print(line)
    if arguments.json:
        print(json.dumps(outcome(result), ensure_ascii=False))
    return 0


def lines(result: Run) -> list[str]:
    """The outcome in words."""
    found = result.record["metrics"]["sweep"]
    start = found["start"]
    said = [
        f"SWEEP  run {result.run_id}",
        f"  {found['method']}: {found['cells']} settings, {found['inverted']} ended inverted, "
        f"{found['ruined']} lost more than 5 points of accuracy",
        f"  before: accuracy {start['accuracy']:.3f}, ASR {start['asr']:.3f} (floor "
        f"{start['floor']:.3f}), {found['clean']} clean guard samples",
    ]
    best = found["gentlest"]
    if best is None:
        said.append(
            "  no setting brought the trigger within 5 points of its floor without inverting it"
        )
    else:
        said.append(
            f"  gentlest that removed the behaviour: {found['strength_means']} "
            f"{best['strength']:g}, rate {best['learning_rate']:g}, batch {best['batch_size']}, "
            f"step {best['step']}: accuracy {100 * best['accuracy_change']:+.1f} points, "
            f"excess ASR {best['excess_asr']:+.3f}"
        )
    return [*said, *(f"  ! {warning}" for warning in result.record["warnings"])]
