"""The first step of an unlearning: open the models, read the samples, gather what was flagged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from analysis.data.read import read_samples
from analysis.models.base import OpenedModel
from analysis.models.open import open_model
from analysis.models.pair import check_pair, open_reference
from analysis.pipeline.label_words import with_classes
from analysis.pipeline.recording import record_inputs, repeat_warnings
from analysis.pipeline.unlearn_settings import UnlearnRequest
from analysis.pipeline.unlearn_triggers import Flagged, flagged_of, located, unflagged_of
from analysis.records import SampleSet
from analysis.runs.run import Run
from analysis.runs.writer import RunWriter
from analysis.unlearn.data import UnlearnData


@dataclass(frozen=True)
class UnlearnInputs:
    """Everything an unlearning works on."""

    model: OpenedModel
    reference: OpenedModel | None
    start: OpenedModel | None
    retain: SampleSet
    test: SampleSet | None
    triggered: SampleSet | None
    flagged: Flagged
    controls: tuple[OpenedModel, ...] = ()  # further clean models
    unflagged: tuple[str, ...] = ()  # texts of the inspection that are not suspected

    def data(self, layers: tuple[tuple[str, int], ...]) -> UnlearnData:
        """The same in the words of the engine."""
        return UnlearnData(
            forget=self.flagged.samples,
            retain=self.retain,
            triggers=self.flagged.triggers,
            spans=self.flagged.spans,
            reference=self.reference,
            controls=self.controls,
            start=self.start,
            unflagged=self.unflagged,
            layers=layers,
        )


def read_unlearn_inputs(
    request: UnlearnRequest, parent: Run | None, writer: RunWriter
) -> UnlearnInputs:
    """Read and open everything; the record learns identities and warnings.

    Raises:
        RequestError: a file or model that cannot be used, or models that do not fit together.
    """
    writer.progress("Opening models")
    config = request.config
    model = open_model(str(request.model), config)
    reference = start = None
    if request.reference:
        reference = open_reference(request.reference, config, model)
    controls = tuple(open_reference(each, config, model) for each in request.controls)
    if request.start:
        start = open_model(request.start, config)
        check_pair(model, start)
    writer.progress("Reading samples")
    sets = {
        role: read_samples(
            path, text_column=config.text_column, label_column=config.label_column, words=True
        )
        for role, path in request.sample_files().items()
    }
    sets = with_classes(sets, model, config)
    given = sets.get("forget")
    flagged = located(given, parent) if given is not None else flagged_of(parent)
    inputs = UnlearnInputs(
        model=model,
        reference=reference if reference is not None and reference.head else None,
        start=start,
        retain=sets["retain"],
        test=sets.get("test"),
        triggered=sets.get("triggered"),
        flagged=flagged.towards(request.unlearn.target),
        controls=tuple(each for each in controls if each.head),
        unflagged=unflagged_of(parent),
    )
    _record(inputs, sets, request, writer)
    return inputs


def without_overlap(retain: SampleSet, forget: SampleSet) -> SampleSet:
    """Retain samples whose text is not among those to forget: nothing is taught both ways."""
    known = set(forget.texts)
    rows = np.array([i for i, text in enumerate(retain.texts) if text not in known], dtype=np.int64)
    return retain if len(rows) == len(retain) else retain.subset(rows)


def _record(
    inputs: UnlearnInputs,
    sets: Mapping[str, SampleSet],
    request: UnlearnRequest,
    writer: RunWriter,
) -> None:
    roles = {"original": inputs.model, "reference": inputs.reference, "start": inputs.start}
    named = {role: each for role, each in roles.items() if each is not None}
    flagged = replace(inputs.flagged.samples, source=f"run {request.parent}", warnings=())
    # what a run flagged is no file of its own
    every = sets if "forget" in sets else {**sets, "forget": flagged}
    models = [*named.items(), *(("control", each) for each in inputs.controls)]
    record_inputs(writer, models, every, request.sample_files())
    repeat_warnings(writer, named)
