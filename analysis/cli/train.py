"""`kenshin train`: from the command line to a run and a model folder."""

from __future__ import annotations

import argparse
import json

from analysis.cli.inspect import outcome
from analysis.cli.options.base import given_options
from analysis.cli.progress import TerminalProgress
from analysis.config import InspectConfig
from analysis.pipeline.settings import read_config_file
from analysis.pipeline.train_settings import TrainOptions, TrainRequest, settle_training
from analysis.report.words import interval
from analysis.runs.store import Run, RunStore


def run(arguments: argparse.Namespace) -> int:
    """Train, print what came out, return the exit code."""
    request = _request(arguments)
    from analysis.pipeline.train import train_model  # torch is loaded here, after the checks

    store = RunStore(arguments.runs)
    result = train_model(request, store, TerminalProgress(), job_dir=arguments.job_dir)
    for line in lines(result, arguments):
        print(line)
    if arguments.json:
        print(json.dumps(outcome(result), ensure_ascii=False))
    return 0


def lines(result: Run, arguments: argparse.Namespace) -> list[str]:
    """The outcome in words: where it lies, what it can do, what was warned."""
    found = result.record["metrics"].get("trained") or {}
    said = [f"TRAINED  run {result.run_id}"]
    for name, words in (
        ("clean_accuracy", "clean accuracy"),
        ("exact_match", "exact matches"),
        ("asr_all", "ASR, all victims"),
        ("excess_asr", "excess ASR"),
    ):
        figure = found.get(name)
        if figure and figure.get("value") is not None:
            value = interval(figure["value"], figure["low"], figure["high"], figure["n"])
            said.append(f"  {words} {value}")
    said += [f"  ! {warning}" for warning in result.record["warnings"]]
    return [*said, f"written to {arguments.out}"]


def _request(arguments: argparse.Namespace) -> TrainRequest:
    given = given_options(arguments, InspectConfig, TrainOptions)
    from_file = read_config_file(arguments.config) if arguments.config else {}
    options, config, origins = settle_training(given, from_file)
    return TrainRequest(
        model=arguments.model,
        samples=arguments.samples,
        out=arguments.out,
        options=options,
        config=config,
        origins=origins,
        test=arguments.test,
        triggered=arguments.triggered,
    )
