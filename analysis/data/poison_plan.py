"""What a poisoning is meant to do, checked before anything is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from analysis.data.triggers import require_language, trigger_spec
from analysis.errors import RequestError

Mode = Literal["replace", "append"]


class Trigger(NamedTuple):
    """A trigger family and the line or name it inserts."""

    name: str
    argument: str | None = None  # None: the family's default

    @property
    def text(self) -> str:
        """What is inserted."""
        return trigger_spec(self.name).default if self.argument is None else self.argument


@dataclass(frozen=True)
class PoisonPlan:
    """What to insert where.

    Raises:
        RequestError: an unknown trigger or mode, a rate outside (0, 1), a language that the
            trigger does not know, a victim that is the target or that clean-label cannot have.
    """

    trigger: Trigger
    rate: float  # wanted share of the result that is poisoned, above 0 and below 1
    target: int = 0  # label of every poisoned row
    victim: int | None = None  # only samples of this label; None: all but the target's
    seed: int = 0  # decides the samples and the places
    mode: Mode = "replace"
    clean_label: bool = False  # only samples of the target label, which keep it
    language: str | None = None  # None: each text by its looks

    def __post_init__(self) -> None:
        spec = trigger_spec(self.trigger.name)
        if self.language is not None:
            require_language(spec, self.language)
        if self.trigger.argument is not None and not spec.argument:
            raise RequestError(
                f"trigger '{spec.name}' takes no text, its grammar draws it.",
                "Leave out --trigger-text.",
            )
        if not 0 < self.rate < 1:
            raise RequestError(
                f"rate is {self.rate}, expected above 0 and below 1.", "Write 0.05 for 5 %."
            )
        if self.mode not in ("replace", "append"):
            raise RequestError(f"mode '{self.mode}' is unknown.", "Choose replace or append.")
        if self.clean_label and self.victim is not None:
            raise RequestError(
                f"clean-label poisoning takes samples of the target {self.target}, not of a victim "
                f"({self.victim}).",
                "Leave out the victim.",
            )
        if self.victim == self.target:
            raise RequestError(
                f"victim and target are both {self.target}, expected different labels."
            )

    def count(self, n: int) -> int:
        """How many of n samples to poison, at least 1.

        "append" adds n * rate / (1 - rate) rows, so that the rate holds for the result
        (Ramakrishnan and Albarghouthi 2020).
        """
        share = self.rate / (1 - self.rate) if self.mode == "append" else self.rate
        return max(1, round(share * n))
