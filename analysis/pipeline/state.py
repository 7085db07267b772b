"""What an inspection has gathered so far, handed from step to step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from analysis.config import InspectConfig
from analysis.pipeline.inputs import Inputs
from analysis.pipeline.settings import InspectRequest
from analysis.records import Activations, Predictions, Projection
from analysis.runs.writer import RunWriter


@dataclass(frozen=True)
class Read:
    """What the models gave for one sample set; roles without a head have no predictions."""

    activations: Mapping[str, Activations]
    predictions: Mapping[str, Predictions]


@dataclass
class Inspection:
    """The running inspection; steps add to it in the order of `pipeline.inspect`."""

    request: InspectRequest
    writer: RunWriter
    inputs: Inputs
    read: Read
    trusted: Read | None = None
    flagged: np.ndarray | None = None  # (n,) bool, once the ranking exists
    projections: list[Projection] = field(default_factory=list)
    wrong_head: str = ""  # the warning, when predictions look meaningless

    @property
    def config(self) -> InspectConfig:
        """The settled configuration."""
        return self.request.config
