"""`train`: fine-tune a copy with a chosen loss, watched epoch by epoch, saved as a new folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.models.base import OpenedModel
from analysis.models.open import open_model
from analysis.models.save import require_empty, save_model
from analysis.pipeline.recording import model_entry
from analysis.pipeline.train_fit import EpochRow, Fitted, Listener, build_loss, fit
from analysis.pipeline.train_inputs import TrainInputs, read_train_inputs
from analysis.pipeline.train_settings import TrainRequest
from analysis.pipeline.train_tune import BUDGET, tune
from analysis.runs.environment import environment
from analysis.runs.job_note import introduce
from analysis.runs.progress import Progress
from analysis.runs.run import Run
from analysis.runs.store import RunStore
from analysis.runs.writer import RunWriter
from analysis.training.loop import StepRecord
from analysis.training.losses.specs import loss_spec


def train_model(
    request: TrainRequest,
    store: RunStore,
    listener: Callable[[Progress], None] | None = None,
    job_dir: Path | None = None,
) -> Run:
    """Train and return the finished run; the model handed in is never touched.

    Args:
        request: inputs and configuration.
        store: where the run goes.
        listener: called with every progress update.
        job_dir: folder of the job that runs this, told the run's name.

    Raises:
        RequestError: the inputs are wrong or `out` is not empty; no run is left behind.
        KenshinError: training broke; the run says why.
        Cancelled: the user stopped it; the history so far is readable.
    """
    require_empty(request.out)
    build_loss(request.options, request.options.knobs)  # refuses values outside their range
    with _begin(request, store) as writer:
        introduce(writer, listener, job_dir)
        # known from the start, so that whoever watches can tell one training from another
        writer.set(metrics={"loss": {"name": request.options.loss}})
        with writer.step("read inputs"):
            inputs = read_train_inputs(request, writer)
        _note_environment(request, inputs, writer)
        knobs = _knobs(request, inputs, writer)
        with writer.step("train", makes=("history",)):
            fitted = _train(request, inputs, knobs, writer)
        with writer.step("save"):
            trained = _save(request, fitted, writer)
        with writer.step("measure", optional=True):
            writer.progress("Measuring the saved model")
            writer.set(metrics={"trained": inputs.yardstick.figures(trained)})
        writer.progress("Done")
    return writer.read()


def _begin(request: TrainRequest, store: RunStore) -> RunWriter:
    asked = {
        "model": request.model,
        "out": str(request.out),
        **{role: str(path) for role, path in request.sample_files().items()},
    }
    return store.create("train", request.values(), request.origins, asked)


def _note_environment(request: TrainRequest, inputs: TrainInputs, writer: RunWriter) -> None:
    choice = inputs.choice
    writer.set(environment=environment(choice.device.type, choice.precision, request.config.seed))
    truth = inputs.samples.poisoned
    writer.set(
        metrics={
            "samples": {
                "n": len(inputs.samples),
                "poisoned": None if truth is None else int(truth.sum()),
            },
            "learning_rate": request.options.rate(inputs.model.stacks[0].d_model),
        }
    )


def _knobs(
    request: TrainRequest, inputs: TrainInputs, writer: RunWriter
) -> Mapping[str, float | None]:
    """The loss's settings: as given, or tuned; the record keeps what they became."""
    options = request.options
    knobs: Mapping[str, float | None] = options.knobs
    if options.tune:
        with writer.step("tune", makes=("trials",)):
            found = tune(inputs, options, request.config.seed, writer)
            writer.write_table("trials", pd.DataFrame(found.trials))
            if not found.within_budget:
                writer.warn(
                    f"no setting of '{options.loss}' stayed within {BUDGET:.0%} of "
                    "cross-entropy's accuracy on the slice; the most accurate one is used."
                )
            knobs = dict(found.knobs)
    settled = loss_spec(options.loss).settled(knobs, options.loss_epochs)
    writer.set(metrics={"loss": {"name": options.loss, **settled}})
    return knobs


def _train(
    request: TrainRequest,
    inputs: TrainInputs,
    knobs: Mapping[str, float | None],
    writer: RunWriter,
) -> Fitted:
    lines: list[EpochRow] = []

    def on_row(line: EpochRow) -> None:
        lines.append(line)
        writer.write_table("history", history_table(lines, request.options.loss))

    def on_step(record: StepRecord) -> None:
        writer.progress("Training", record.step, record.total)

    rows = np.arange(len(inputs.samples))
    loss = build_loss(request.options, knobs)
    return fit(inputs, request.options, loss, rows, request.config.seed, Listener(on_row, on_step))


def history_table(lines: list[EpochRow], loss: str) -> pd.DataFrame:
    """The run's `history`: one row per epoch, numbers as float64."""
    frame = pd.DataFrame(lines)
    return frame.assign(phase=["ce" if p == "warm-up" else loss for p in frame["phase"]])


def _save(request: TrainRequest, fitted: Fitted, writer: RunWriter) -> OpenedModel:
    """Store the copy in float32 and open it again: what was saved is what is measured."""
    writer.progress("Saving")
    save_model(fitted.model, request.out)
    trained = open_model(str(request.out), request.reading, writes=request.writes)
    start: list[dict[str, Any]] = writer.record["inputs"]["models"]
    writer.set(inputs={"models": [*start, model_entry("trained", trained)]})
    return trained
