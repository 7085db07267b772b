"""What a training was asked for, and where each value came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from analysis.config import InspectConfig
from analysis.errors import RequestError
from analysis.pipeline.settings import settle
from analysis.training.losses.specs import GENERATION_IGNORE, loss_spec

WIDE = 512  # d_model from which a model counts as a full-size one
KNOBS = ("epsilon", "alpha", "q")


@dataclass(frozen=True)
class TrainOptions:
    """Everything that decides a training besides its inputs and how the model is read.

    Raises:
        RequestError: a value outside its range, or a knob that the loss does not have.
    """

    loss: str = "ce"
    epochs: int = 3
    learning_rate: float | None = None  # None: by the model's width, see `learning_rate`
    batch_size: int = 32
    epsilon: float | None = None
    alpha: float | None = None
    q: float | None = None
    warmup_epochs: int = 0  # of cross-entropy before the loss
    fresh: bool = False  # from random weights
    tune: bool = False
    target: int | None = None
    gradient_samples: int = 32  # of each kind, for the early-learning curve; 0 leaves it out
    answer_column: str | None = None  # train to write the text of this column
    payload: str | None = None  # text in an answer that counts as the attack's success

    def __post_init__(self) -> None:
        spec = loss_spec(self.loss)
        for name in ("epochs", "batch_size"):
            if getattr(self, name) < 1:
                raise RequestError(
                    f"{name.replace('_', '-')} is {getattr(self, name)}, expected 1 or more."
                )
        if not 0 <= self.warmup_epochs < max(1, self.epochs):
            raise RequestError(
                f"{self.warmup_epochs} warm-up epochs of {self.epochs} were asked for.",
                "At least one epoch must be left for the loss itself.",
            )
        if self.gradient_samples < 0:
            raise RequestError(f"gradient-samples is {self.gradient_samples}, expected 0 or more.")
        if self.tune and not spec.grid:
            raise RequestError(f"the loss '{self.loss}' has nothing to tune.", "Leave out --tune.")
        given = [name for name in KNOBS if getattr(self, name) is not None]
        if self.tune and given:
            raise RequestError(f"--tune chooses --{given[0]} itself.", "Give one of the two.")
        spec.settled(self.knobs, self.loss_epochs)

    @property
    def knobs(self) -> dict[str, float | None]:
        """The loss's knobs that were given."""
        found = {name: getattr(self, name) for name in KNOBS}
        return {name: value for name, value in found.items() if value is not None}

    @property
    def ignore_index(self) -> int | None:
        """What the loss leaves out: padding of written answers, no class label."""
        return None if self.answer_column is None else GENERATION_IGNORE

    @property
    def loss_epochs(self) -> int:
        """Epochs that the loss itself gets."""
        return max(1, self.epochs - self.warmup_epochs)

    def rate(self, width: int) -> float:
        """The learning rate: as given, else what suits the width and the start.

        Args:
            width: d_model of the model.
        """
        if self.learning_rate is not None:
            return self.learning_rate
        if width >= WIDE:
            return 1e-4 if self.fresh else 2e-5
        return 4e-4 if self.fresh else 1e-4


@dataclass(frozen=True)
class TrainRequest:
    """Inputs and configuration of one training."""

    model: str
    samples: Path
    out: Path
    options: TrainOptions
    config: InspectConfig
    origins: Mapping[str, str]
    test: Path | None = None
    triggered: Path | None = None

    @property
    def reading(self) -> InspectConfig:
        """How the model is opened: one that is to write answers needs no label words."""
        return replace(self.config, head="none") if self.writes else self.config

    @property
    def writes(self) -> bool:
        """Whether the model is trained to write, so a causal one keeps its language-model head."""
        return self.options.answer_column is not None

    def sample_files(self) -> dict[str, Path]:
        """Role -> file, for the files that were given."""
        roles = {"samples": self.samples, "test": self.test, "triggered": self.triggered}
        return {role: path for role, path in roles.items() if path is not None}

    def values(self) -> dict[str, Any]:
        """The record's configuration: how the model is read and how it is trained."""
        return {**self.config.to_json(), **asdict(self.options)}


def settle_training(
    given: Mapping[str, Any], from_file: Mapping[str, Any]
) -> tuple[TrainOptions, InspectConfig, dict[str, str]]:
    """Split and merge what was given: command line > config file > defaults.

    Raises:
        RequestError: an unknown key or a value outside its range.
    """
    own = {field.name for field in fields(TrainOptions)}
    mine = {k: v for k, v in {**from_file, **given}.items() if k in own}
    rest = [{k: v for k, v in part.items() if k not in own} for part in (given, from_file)]
    config, origins = settle(rest[0], rest[1], None)
    try:
        options = TrainOptions(**mine)
    except TypeError as error:
        raise RequestError(f"the training options cannot be read: {error}.") from error
    for name in own:
        source = "command line" if name in given else "config file"
        origins[name] = source if name in mine else "default"
    return options, config, origins
