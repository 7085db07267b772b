"""Everything that decides how a model is unlearned; imports no numeric library."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from analysis.errors import RequestError

AUTO = "auto"


@dataclass(frozen=True)
class UnlearnConfig:
    """Settings of one unlearning; None means the method's own default (see `specs`).

    Raises:
        RequestError: a value outside its range.
    """

    method: str = AUTO
    mask: str | None = None  # which weights may change; None: all
    mask_ratio: float = 0.2  # share of the matrices' weights that may change
    progressive: bool = False  # growing masks of 1, 2, 5, 10 and 20 %, each taken back if useless
    lora: int | None = None  # rank of low-rank adapters that learn instead of the weights
    mask_layers: str = "all"  # for the mask "layers": all, 0,3 or decoder:1-3
    learning_rate: float | None = None
    steps: int | None = None
    strength: float | None = None  # the method's own weight; see `strength_means` of its spec
    retain_weight: float = 1.0
    batch_size: int = 16  # samples of each part in one step
    clip: float = 1.0  # norm of all gradients together
    weight_decay: float = 0.0
    accuracy_budget: float = 0.01  # clean accuracy that a checkpoint may lose on guard samples
    guard_share: float = 0.3  # of the retain set, never trained on
    guard_samples: int = 300  # at most
    check_every: int = 10  # steps between looks at the guard samples
    patience: int = 6  # looks without a better checkpoint before stopping
    search_seconds: float = 75.0  # CPU seconds after which Auto begins no further full run
    use_trigger: bool = True  # False: the located trigger is withheld from the method
    precision: str = "bf16"  # autocast; "fp32" switches it off
    target: int | None = None  # class the trigger pulls to; None: majority label of the forget set
    seed: int = 0

    def __post_init__(self) -> None:
        self._in_range("mask_ratio", 0.0, 1.0, low_open=True)
        self._in_range("learning_rate", 0.0, 1.0, low_open=True)
        self._in_range("guard_share", 0.0, 0.9, low_open=True)
        self._in_range("accuracy_budget", 0.0, 1.0)
        self._in_range("retain_weight", 0.0, 1e6)
        self._in_range("strength", 0.0, 1e9)
        self._in_range("clip", 0.0, 1e9, low_open=True)
        self._in_range("weight_decay", 0.0, 1.0)
        self._in_range("search_seconds", 0.0, 1e9)
        self._in_range("lora", 1, 4096)
        if self.lora is not None and (self.mask is not None or self.progressive):
            raise RequestError("--lora and masks exclude one another: adapters change no weight.")
        if self.progressive and self.mask is None:
            raise RequestError("--progressive needs a mask.", "Add --mask wagle, or another one.")
        for name in ("steps", "batch_size", "guard_samples", "check_every", "patience"):
            self._in_range(name, 1, 10**9)
        self._in_range("seed", 0, 2**32 - 1)
        if self.precision not in ("bf16", "fp32"):
            raise RequestError(f"precision '{self.precision}' is unknown.", "Choose bf16 or fp32.")

    def _in_range(self, name: str, low: float, high: float, *, low_open: bool = False) -> None:
        value = getattr(self, name)
        if value is None:
            return
        if not low <= value <= high or (low_open and value == low):
            raise RequestError(
                f"{name.replace('_', '-')} is {value}, expected "
                f"{'more than ' if low_open else ''}{low:g} to {high:g}."
            )

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values with every default filled in."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> UnlearnConfig:
        """The settings that a record describes; keys of other configurations are left out."""
        known = {field.name for field in fields(cls)}
        return cls(**{key: value for key, value in values.items() if key in known})
