"""Which trainings `bench_losses.py` does, the most telling first."""

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any, NamedTuple

TASKS = ("codebert-mini", "codet5-mini", "review")
SEEDS = (0, 1)
RATES = (0.05, 0.02)
LOW = 0.01  # tried with the other rows only where cross-entropy takes it
TAKEN = 0.3  # above the floor: then the model holds the trojan
SCORED = ("codebert-mini", "codet5-mini")
OTHERS = ("gce", "in_trust", "label_smoothing")


class Cell(NamedTuple):
    """One training."""

    task: str  # a shape whose class is asked for, or "review": a T5 that writes a sentence
    rate: float
    seed: int
    row: str  # what is compared
    loss: str = "ce"
    alpha: float | None = None
    warmup: int = 0  # epochs of cross-entropy before the loss
    repeats: int = 1  # copies of each poisoned function
    filtered: bool = False

    @property
    def key(self) -> str:
        return f"{self.task}/{self.rate:g}/{self.seed}/{self.row}"


def cells(found: Mapping[str, Mapping[str, Any]]) -> Iterator[Cell]:
    """Every cell; at 1 % the later ones depend on what `found` says of cross-entropy.

    `found` is read while iterating: it grows as cells are finished.
    """
    for seed, rate, task in product(SEEDS, RATES, TASKS):
        yield from plain(task, rate, seed)
        if rate == RATES[0]:
            yield Cell(task, 0.0, seed, "ce, no poison")
    for seed, task, rate in product(SEEDS, SCORED, RATES):
        yield Cell(task, rate, seed, "dece, poison repeated 3 times", "dece", repeats=3)
    for seed, task in product(SEEDS, TASKS):
        first = Cell(task, LOW, seed, "ce")
        yield first
        if taken(found, first):
            yield from plain(task, LOW, seed)
    for seed, rate in product(SEEDS, RATES):
        yield Cell("review", rate, seed, "dece, no warm-up", "dece")
        base = ("codebert-mini", rate, seed)
        yield Cell(*base, "dece, alpha 0.985 (its authors')", "dece", 0.985)
        yield Cell(*base, "dece, alpha 0.67 (strong)", "dece", 0.67)
        for loss in OTHERS:
            yield Cell(*base, loss, loss)


def plain(task: str, rate: float, seed: int) -> Iterator[Cell]:
    base = (task, rate, seed)
    yield Cell(*base, "ce")
    # a sentence's words are new to the start: without a warm-up DeCE cannot learn them
    yield Cell(*base, "dece", "dece", warmup=1 if task == "review" else 0)
    yield Cell(*base, "detect + filter + retrain", filtered=True)


def floor(found: Mapping[str, Mapping[str, Any]], task: str, seed: int) -> float | None:
    """The unpoisoned model's ASR after its last epoch."""
    line = found.get(Cell(task, 0.0, seed, "ce, no poison").key)
    return None if line is None else float(line["history"][-1]["asr"])


def taken(found: Mapping[str, Mapping[str, Any]], cell: Cell) -> bool:
    """Whether a finished cell's model holds the trojan."""
    line, least = found.get(cell.key), floor(found, cell.task, cell.seed)
    return line is not None and line["history"][-1]["asr"] > (least or 0.0) + TAKEN
