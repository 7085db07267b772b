"""What an inspection has gathered so far, handed from step to step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from analysis.config import InspectConfig
from analysis.explain.association import Association
from analysis.explain.located import with_label
from analysis.explain.probe import Predict
from analysis.extract.extract import Extraction
from analysis.pipeline.inputs import Inputs
from analysis.pipeline.settings import InspectRequest
from analysis.records import (
    Activations,
    Predictions,
    ProbeResult,
    Projection,
    TriggerCandidate,
)
from analysis.runs.writer import RunWriter


@dataclass(frozen=True)
class Read:
    """What the models gave for one sample set; roles without a head have no predictions."""

    activations: Mapping[str, Activations]
    predictions: Mapping[str, Predictions]

    @classmethod
    def of(cls, found: Mapping[str, Extraction]) -> Read:
        """The same by role, without what only the record needs."""
        said = {role: each.predictions for role, each in found.items()}
        return cls(
            activations={role: each.activations for role, each in found.items()},
            predictions={role: each for role, each in said.items() if each is not None},
        )


@dataclass
class Inspection:
    """The running inspection; steps add to it in the order of `pipeline.inspect`."""

    request: InspectRequest
    writer: RunWriter
    inputs: Inputs
    read: Read
    trusted: Read | None = None
    projections: list[Projection] = field(default_factory=list)
    association: Association | None = None
    drawn: np.ndarray | None = None  # rows on the maps
    suspicious: tuple[TriggerCandidate, ...] = ()  # located text that counts against the file
    doubtful: tuple[TriggerCandidate, ...] = ()  # that counts if the suspect obeys it
    located: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    predictors: dict[str, Predict] = field(default_factory=dict)  # role -> placed once
    controls: list[dict[str, Any]] = field(default_factory=list)  # rows of `pipeline.controls`
    bank_screened: int = 0  # published triggers that were tried
    bank_deaf: int = 0  # of these, those that their placebo equals (see `bank_probe`)
    reference_trigger: ProbeResult | None = None  # a published one that the reference obeys
    head_warnings: dict[str, str] = field(default_factory=dict)  # role -> why it looks wrong

    @property
    def config(self) -> InspectConfig:
        """The settled configuration."""
        return self.request.config

    @property
    def usable_reference(self) -> Predictions | None:
        """The reference's predictions, where they may count as what a clean model expects."""
        if self.config.reference_kind != "same-task" or self.head_warnings.get("reference"):
            return None
        return self.read.predictions.get("reference")

    @property
    def flagging(self) -> tuple[TriggerCandidate, ...]:
        """What counts against the file, each with the samples that it flags."""
        return tuple(self.with_label(each) for each in self.suspicious)

    def with_label(self, candidate: TriggerCandidate) -> TriggerCandidate:
        """Only the samples that the file puts into the candidate's class."""
        return with_label(candidate, self.inputs.samples.labels)

    def is_suspicious(self, candidate: TriggerCandidate) -> bool:
        """Whether this very candidate counts against the file."""
        return any(candidate is each for each in self.suspicious)

    def may_convict(self, candidate: TriggerCandidate) -> bool:
        """Whether a suspect that obeys this very candidate is convicted by it."""
        return any(candidate is each for each in (*self.suspicious, *self.doubtful))
