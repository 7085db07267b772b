"""Which settings a sweep tries; imports no numeric library, so that the parser may use it."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from analysis.errors import RequestError

MOST_CELLS = 200


class Cell(NamedTuple):
    """One setting of the grid."""

    strength: float
    learning_rate: float
    batch_size: int


@dataclass(frozen=True)
class SweepGrid:
    """Values per knob; an empty one stands for the method's own default.

    Raises:
        RequestError: a value outside its range, twice the same, or too many cells.
    """

    strengths: tuple[float, ...] = ()
    learning_rates: tuple[float, ...] = ()
    batch_sizes: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        _check("strengths", self.strengths, low=0.0, high=1e9, low_open=False)
        _check("learning-rates", self.learning_rates, low=0.0, high=1.0)
        _check("batch-sizes", self.batch_sizes, low=0, high=4096)
        count = len(self.cells(0.0, 0.0, 1))
        if count > MOST_CELLS:
            raise RequestError(
                f"the grid has {count} settings, expected at most {MOST_CELLS}.",
                "Give fewer --strengths, --learning-rates or --batch-sizes.",
            )

    def cells(self, learning_rate: float, strength: float, batch_size: int) -> tuple[Cell, ...]:
        """Every setting, in reading order; the arguments stand in for empty knobs."""
        product = itertools.product(
            self.batch_sizes or (batch_size,),
            self.strengths or (strength,),
            self.learning_rates or (learning_rate,),
        )
        return tuple(Cell(s, rate, batch) for batch, s, rate in product)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {name: list(values) for name, values in asdict(self).items()}


def _check(
    name: str, values: Sequence[float], *, low: float, high: float, low_open: bool = True
) -> None:
    for value in values:
        if not low <= value <= high or (low_open and value == low):
            raise RequestError(
                f"--{name} holds {value:g}, expected "
                f"{'more than ' if low_open else ''}{low:g} to {high:g}."
            )
    if len(set(values)) < len(values):
        raise RequestError(f"--{name} holds a value twice.", "Give every value once.")
