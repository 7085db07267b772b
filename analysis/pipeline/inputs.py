"""The first step of an inspection: read the samples, open the models, refuse what does not fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from analysis.data.read import read_samples
from analysis.errors import RequestError
from analysis.models.base import OpenedModel
from analysis.models.open import open_model
from analysis.models.pair import open_reference, shared_with
from analysis.pipeline.label_words import require_same_order, with_classes
from analysis.pipeline.recording import record_inputs, repeat_warnings
from analysis.pipeline.settings import InspectRequest
from analysis.records import SampleSet
from analysis.runs.writer import RunWriter


@dataclass(frozen=True)
class Inputs:
    """Everything an inspection works on."""

    suspect: OpenedModel
    reference: OpenedModel | None
    controls: tuple[OpenedModel, ...]
    samples: SampleSet
    trusted: SampleSet | None
    test: SampleSet | None
    triggered: SampleSet | None

    @property
    def models(self) -> dict[str, OpenedModel]:
        """Role -> model: the suspect first, then the reference where there is one."""
        pair = {"suspect": self.suspect}
        return pair if self.reference is None else {**pair, "reference": self.reference}

    def control_pairs(self) -> tuple[tuple[OpenedModel, OpenedModel], ...]:
        """Every pair of different clean models, each compared with the reference first."""
        clean = [*self.controls] + ([self.reference] if self.reference is not None else [])
        return tuple(
            (one, other)
            for i, one in enumerate(clean)
            for other in clean[i + 1 :]
            if one.sha256 != other.sha256
        )


def read_inputs(request: InspectRequest, writer: RunWriter) -> Inputs:
    """Read and open everything; the record learns identities and warnings.

    Raises:
        RequestError: a file or model that cannot be used, or two models of different shape.
    """
    writer.progress("Reading samples")
    read = {role: _read(path, request, role) for role, path in request.sample_files().items()}
    writer.progress("Opening models")
    suspect = open_model(request.suspect, request.config)
    sets = with_classes(read, suspect, request.config)
    reference = None
    if request.reference:
        # equal tensors are in memory once
        reference = shared_with(open_reference(request.reference, request.config, suspect), suspect)
        _require_other_weights(suspect, reference, "reference")
        require_same_order(suspect, reference, "reference")
    controls = tuple(open_reference(source, request.config, suspect) for source in request.controls)
    for control in controls:
        _require_other_weights(suspect, control, "control")
    inputs = Inputs(
        suspect=suspect,
        reference=reference,
        controls=controls,
        samples=sets["samples"],
        trusted=sets.get("trusted"),
        test=sets.get("test"),
        triggered=sets.get("triggered"),
    )
    _record(inputs, sets, request, writer)
    return inputs


def _require_other_weights(suspect: OpenedModel, clean: OpenedModel, role: str) -> None:
    # Beside itself every model looks clean.
    if clean.sha256 == suspect.sha256:
        raise RequestError(
            f"suspect '{suspect.source}' and {role} '{clean.source}' have the same weights.",
            f"The {role} must be a clean model that was trained apart; or leave --{role} out.",
        )


def _read(path: Path, request: InspectRequest, role: str) -> SampleSet:
    config = request.config
    return read_samples(
        path,
        text_column=config.text_column,
        label_column=config.label_column,
        max_samples=config.max_samples if role == "samples" else None,
        seed=config.seed,
        words=True,
    )


def _record(
    inputs: Inputs, sets: Mapping[str, SampleSet], request: InspectRequest, writer: RunWriter
) -> None:
    models = [*inputs.models.items(), *(("control", model) for model in inputs.controls)]
    record_inputs(writer, models, sets, request.sample_files())
    repeat_warnings(writer, inputs.models)
