"""The first step of an audit: read the samples, open the arms, find the trigger, split T and V."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from analysis.audit.arms import ORIGINAL, UNLEARNED, control_arm, family
from analysis.audit.specs import budget
from analysis.config import InspectConfig
from analysis.data.read import read_samples
from analysis.errors import RequestError
from analysis.models.base import OpenedModel
from analysis.models.open import open_model
from analysis.models.pair import open_reference
from analysis.pipeline.audit_samples import AuditSamples, Files, split_samples
from analysis.pipeline.audit_settings import AuditRequest
from analysis.pipeline.audit_trigger import LocatedTrigger, locate
from analysis.pipeline.label_words import with_classes
from analysis.pipeline.recording import record_inputs
from analysis.records import SampleSet
from analysis.runs.store import RunStore
from analysis.runs.writer import RunWriter


@dataclass(frozen=True)
class AuditInputs:
    """Everything an audit works on."""

    models: Mapping[str, OpenedModel]  # arm -> model
    samples: AuditSamples
    located: LocatedTrigger | None
    target: int


def read_inputs(request: AuditRequest, store: RunStore, writer: RunWriter) -> AuditInputs:
    """Read and open everything; the record learns identities and warnings.

    Raises:
        RequestError: a file or model that cannot be used, models of different shape, no labels.
    """
    writer.progress("Reading samples")
    sets = {role: _read(path, request) for role, path in request.sample_files().items()}
    if "forget" not in sets:
        sets["forget"] = _from_table(request, store)
    writer.progress("Opening models")
    models = _open(request)
    sets = with_classes(sets, models[ORIGINAL], request.config)
    target = _target(sets["forget"], request, models[ORIGINAL])
    files = Files(sets["forget"], sets.get("retain"), sets.get("test"), sets.get("triggered"))
    _require_labels(sets, request)
    clean = [s for s in (files.retain, files.test) if s is not None]
    located = locate(
        files.forget, tuple(text for each in clean for text in each.texts), request.config.seed
    )
    samples = split_samples(files, located, target, budget(request.budget), request.config.seed)
    if not samples.held_out.texts:
        raise RequestError(
            f"'{files.forget.source}' leaves no triggered sample to measure with.",
            "Give --triggered, or a forget set of at least three samples.",
        )
    named = [(family(arm), model) for arm, model in models.items()]
    record_inputs(writer, named, sets, request.sample_files())
    return AuditInputs(models, samples, located, target)


def _read(path: Path, request: AuditRequest) -> SampleSet:
    return read_samples(
        path,
        text_column=request.config.text_column,
        label_column=request.config.label_column,
        seed=request.config.seed,
        words=True,
    )


def _from_table(request: AuditRequest, store: RunStore) -> SampleSet:
    assert request.forget_run is not None, "checked by require_complete"
    frame = store.open(request.forget_run).table("forget")
    labels = frame["label"].to_numpy(dtype=np.int64) if "label" in frame else None
    return SampleSet(
        ids=tuple(frame["sample_id"].astype(str)),
        texts=tuple(frame["text"].astype(str)),
        labels=labels,
        source=f"run {request.forget_run}",
    )


def _open(request: AuditRequest) -> dict[str, OpenedModel]:
    assert request.original is not None, "checked by require_complete"
    assert request.unlearned is not None, "checked by require_complete"
    config: InspectConfig = replace(request.config, reference_kind="same-task")
    original = open_model(request.original, config)
    if original.head is None:
        raise RequestError(
            f"'{request.original}' has no classification head, so it cannot be audited.",
            "Give a fine-tuned checkpoint, or set --label-words.",
        )
    models = {
        UNLEARNED: open_reference(request.unlearned, config, original),
        ORIGINAL: original,
    }
    for number, source in enumerate(request.all_controls(), start=1):
        opened = open_reference(source, config, original)
        _require_own_weights(opened, models)
        models[control_arm(number)] = opened
    return models


def _require_own_weights(control: OpenedModel, models: Mapping[str, OpenedModel]) -> None:
    same = [arm for arm, model in models.items() if model.sha256 == control.sha256]
    if same:
        raise RequestError(
            f"the control has the same weights as the {same[0]} model.",
            "A control must be a model that never held the trojan, trained apart.",
        )


def _target(forget: SampleSet, request: AuditRequest, model: OpenedModel) -> int:
    assert model.head is not None, "checked when it was opened"
    if request.target is not None:
        target = request.target
    elif forget.labels is None or not len(forget):
        raise RequestError(
            f"'{forget.source}' has no labels, so the target class is unknown.",
            "Add the label the model was trained on, or give --target.",
        )
    else:
        target = int(np.bincount(forget.labels).argmax())
    if not 0 <= target < model.head.n_classes:
        raise RequestError(
            f"the target {target} is not a class of '{model.source}', which has "
            f"{model.head.n_classes}.",
            "Give --target.",
        )
    return target


def _require_labels(sets: Mapping[str, SampleSet], request: AuditRequest) -> None:
    for role in ("retain", "test", "triggered"):
        if role in sets and sets[role].labels is None:
            raise RequestError(
                f"'{sets[role].source or getattr(request, role)}' ({role}) has no labels.",
                "An audit needs true labels there.",
            )
