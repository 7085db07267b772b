"""The first step of a training: read the samples, open the start, refuse what does not fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from analysis.data.read import read_samples
from analysis.errors import RequestError
from analysis.extract.device import Choice, choose_device
from analysis.models.base import OpenedModel
from analysis.models.open import open_model
from analysis.pipeline.label_words import with_classes
from analysis.pipeline.recording import record_inputs, repeat_warnings
from analysis.pipeline.train_measure import Yardstick, target_class
from analysis.pipeline.train_settings import TrainRequest
from analysis.pipeline.train_written import WrittenYardstick
from analysis.records import SampleSet
from analysis.runs.writer import RunWriter
from analysis.training.written import answer_ids, require_writer


@dataclass(frozen=True)
class TrainInputs:
    """Everything a training works on."""

    model: OpenedModel
    samples: SampleSet
    labels: np.ndarray  # (n,) int64, as the file gives them; row numbers where answers are written
    yardstick: Yardstick | WrittenYardstick
    choice: Choice
    answers: tuple[np.ndarray, ...] | None = None  # token ids per sample; None for class labels


def read_train_inputs(request: TrainRequest, writer: RunWriter) -> TrainInputs:
    """Read and open everything; the record learns identities and warnings.

    Raises:
        RequestError: a file or model that cannot be used, a model without a head, or labels that
            it does not have.
    """
    writer.progress("Reading samples")
    sets = {role: _read(path, request, role) for role, path in request.sample_files().items()}
    writer.progress("Opening the model")
    model = open_model(request.model, request.reading, writes=request.writes)
    if request.writes:
        return _written(request, model, sets, writer)
    return _classes(request, model, sets, writer)


def _classes(
    request: TrainRequest, model: OpenedModel, sets: Mapping[str, SampleSet], writer: RunWriter
) -> TrainInputs:
    if model.head is None:
        raise RequestError(
            f"'{request.model}' has no classification head, so there is nothing to train towards.",
            "Give a checkpoint with a head, or set --label-words for one that writes its answer.",
        )
    sets = with_classes(sets, model, request.reading)
    for role, samples in sets.items():
        _check_labels(samples, role, model.head.n_classes)
    target = target_class(request.options.target, sets.get("triggered"), model.head.n_classes)
    choice = choose_device(request.config)
    _record(request, model, sets, writer)
    labels = sets["samples"].labels
    assert labels is not None, "labels were checked"
    yardstick = Yardstick(sets.get("test"), sets.get("triggered"), target, choice)
    return TrainInputs(model, sets["samples"], labels, yardstick, choice)


def _written(
    request: TrainRequest, model: OpenedModel, sets: Mapping[str, SampleSet], writer: RunWriter
) -> TrainInputs:
    require_writer(model)
    column = request.options.answer_column
    # the same reader on another column: same ids, same choice of rows
    answers = {
        role: _read(path, request, role, column)
        for role, path in request.sample_files().items()
        if role != "triggered"
    }
    yardstick = WrittenYardstick(
        sets.get("test"), answers.get("test"), sets.get("triggered"), request.options.payload
    )
    if request.options.tune and yardstick.test is None:
        raise RequestError("--tune needs a test set where answers are written.", "Give --test.")
    _record(request, model, sets, writer)
    wanted = answer_ids(model, answers["samples"].texts)
    rows = np.arange(len(wanted))
    choice = choose_device(request.config)
    return TrainInputs(model, sets["samples"], rows, yardstick, choice, tuple(wanted))


def _read(path: Path, request: TrainRequest, role: str, column: str | None = None) -> SampleSet:
    config = request.config
    return read_samples(
        path,
        text_column=column or config.text_column,
        label_column=config.label_column,
        max_samples=config.max_samples if role == "samples" else None,
        seed=config.seed,
        words=not request.writes,
    )


def _check_labels(samples: SampleSet, role: str, classes: int) -> None:
    if samples.labels is None:
        raise RequestError(
            f"'{samples.source}' has no label column.",
            "Training and measuring need label or target, or --label-column.",
        )
    outside = np.flatnonzero((samples.labels < 0) | (samples.labels >= classes))
    if len(outside):
        row = int(outside[0])
        raise RequestError(
            f"sample '{samples.ids[row]}' of --{role} has label {int(samples.labels[row])}, but "
            f"the model has classes 0 to {classes - 1}.",
            "Correct the file or give a model with that many classes.",
        )


def _record(
    request: TrainRequest, model: OpenedModel, sets: Mapping[str, SampleSet], writer: RunWriter
) -> None:
    record_inputs(writer, [("start", model)], sets, request.sample_files())
    repeat_warnings(writer, {"start": model})
