"""`sweep`: the inputs of an unlearning, one method, a table over a grid of its settings.

It answers what a single unlearning cannot: how narrow the range is in which this model forgets
the trigger and keeps the rest, and whether another model forgets more gently.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.errors import RequestError
from analysis.extract.device import choose_device
from analysis.pipeline.live_table import LiveTable
from analysis.pipeline.unlearn_inputs import UnlearnInputs, read_unlearn_inputs, without_overlap
from analysis.pipeline.unlearn_settings import UnlearnRequest
from analysis.pipeline.unlearn_triggers import trigger_layers
from analysis.runs.environment import environment
from analysis.runs.job_note import introduce
from analysis.runs.progress import Progress
from analysis.runs.run import Run
from analysis.runs.store import RunStore
from analysis.runs.writer import RunWriter
from analysis.unlearn.sweep import Swept, one_method, sweep
from analysis.unlearn.sweep_grid import SweepGrid
from analysis.unlearn.sweep_price import gentlest

RUINED = 0.05  # accuracy lost


def run_sweep(
    request: UnlearnRequest,
    grid: SweepGrid,
    store: RunStore,
    listener: Callable[[Progress], None] | None = None,
    job_dir: Path | None = None,
) -> Run:
    """Try every setting of `grid` from the same start and return the finished run.

    Args:
        request: inputs, method, steps and seed; complete (see `require_complete`).
        grid: the settings.
        store: where the run goes.
        listener: called with every progress update.
        job_dir: folder of the job that runs this, told the run's name.

    Raises:
        RequestError: no single method, or wrong inputs; no run is left behind.
        Cancelled: the user stopped it; the table keeps the settings that were finished.
    """
    one_method(request.unlearn)  # refused before anything is read
    parent = store.open(request.parent) if request.parent else None
    with _begin(request, grid, store) as writer:
        introduce(writer, listener, job_dir)
        with writer.step("read inputs"):
            inputs = read_unlearn_inputs(request, parent, writer)
            if not len(inputs.flagged.samples):
                raise RequestError(
                    "there is nothing to forget: the inspection flagged no sample.",
                    "Name samples by --forget.",
                )
        _sweep(request, grid, inputs, parent, writer)
        writer.progress("Done")
    return writer.read()


def _begin(request: UnlearnRequest, grid: SweepGrid, store: RunStore) -> RunWriter:
    asked = {
        "model": request.model,
        "reference": request.reference,
        **{role: str(path) for role, path in request.sample_files().items()},
    }
    values = {**request.values(), **grid.to_json()}
    return store.create("sweep", values, request.origins, asked, parent=request.parent)


def _sweep(
    request: UnlearnRequest,
    grid: SweepGrid,
    inputs: UnlearnInputs,
    parent: Run | None,
    writer: RunWriter,
) -> None:
    choice = choose_device(request.config)
    config = request.unlearn
    writer.set(environment=environment(str(choice.device), config.precision, config.seed))
    table: LiveTable[Mapping[str, Any]] = LiveTable(writer, "sweep", pd.DataFrame)
    data = inputs.data(trigger_layers(parent))
    with writer.step("sweep", makes=("sweep",)):
        found = sweep(
            inputs.model,
            replace(data, retain=without_overlap(data.retain, data.forget)),
            config,
            grid,
            device=choice.device,
            listener=writer.progress,
            recorder=lambda row: table.keep([row]),
        )
        table.write()
    for note in found.notes:
        writer.warn(note)
    writer.set(metrics={"sweep": summary(found)})


def summary(found: Swept) -> dict[str, Any]:
    """The `metrics.sweep` object: counts over cells at their last look, and the gentlest look."""
    last = {row["cell"]: row for row in found.rows}.values()
    return {
        "method": found.method,
        "strength_means": found.strength_means,
        "target": found.target,
        "start": found.start._asdict(),
        "clean": found.guard.get("clean"),
        "guard": dict(found.guard),
        "cells": len(last),
        "inverted": sum(bool(row["inverted"]) for row in last),
        "ruined": sum(row["accuracy_change"] < -RUINED for row in last),
        "gentlest": gentlest(found.rows),
    }
