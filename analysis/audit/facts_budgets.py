"""How much the relearning attack on facts may spend, declared before anything is trained.

RTT (Deeb and Roger, 2024): learning rates that double over six values, six epochs, rotations of T
and V. Its absolute rates (1e-7 to 3.2e-6 with Lion, 8B parameters) belong to that size. Fewer than
four epochs understate recovery: measured on facts-mini, one epoch after a long gradient
difference brings back almost nothing, four bring back nearly all.
"""

from __future__ import annotations

from dataclasses import dataclass

from analysis.errors import RequestError

SMALL_MODEL = 50_000_000  # parameters
SMALL_RATE, LARGE_RATE = 1e-4, 1e-6  # the first of six that double, for AdamW
N_RATES = 6
MIN_EPOCHS = 4


@dataclass(frozen=True)
class FactsBudget:
    """The same for every arm.

    Raises:
        RequestError: a value outside its range.
    """

    name: str
    summary: str
    rates: tuple[int, ...]  # which of the six learning rates, from 0
    epochs: int
    folds: int  # rotations of T and V, at most as many as the file has
    seeds: int
    batch_size: int = 32

    def __post_init__(self) -> None:
        if self.epochs < MIN_EPOCHS:
            raise RequestError(
                f"a relearning attack of {self.epochs} epochs understates what comes back, "
                f"expected {MIN_EPOCHS} or more."
            )
        if not self.rates or self.folds < 1 or self.seeds < 1:
            raise RequestError("a relearning attack needs a learning rate, a fold and a seed.")

    def learning_rates(self, parameters: int) -> tuple[float, ...]:
        """The rates of this budget for a model with so many parameters."""
        first = SMALL_RATE if parameters < SMALL_MODEL else LARGE_RATE
        return tuple(first * 2**i for i in self.rates)

    def fits(self, folds: int, arms: int) -> int:
        """How often a model is fine-tuned."""
        return arms * len(self.rates) * min(self.folds, folds) * self.seeds


_EVERY = tuple(range(N_RATES))
FACTS_BUDGETS: tuple[FactsBudget, ...] = (
    FactsBudget("quick", "two learning rates, two rotations", (1, 3), 4, 2, 1, 64),
    FactsBudget("standard", "four rates, six epochs, three rotations", (0, 1, 2, 3), 6, 3, 1),
    FactsBudget("thorough", "six rates, six epochs, five rotations, two seeds", _EVERY, 6, 5, 2),
)


def facts_budget(name: str) -> FactsBudget:
    """The budget called `name`.

    Raises:
        RequestError: there is none.
    """
    for each in FACTS_BUDGETS:
        if each.name == name:
            return each
    known = ", ".join(each.name for each in FACTS_BUDGETS)
    raise RequestError(f"budget '{name}' is unknown.", f"Choose from {known}.")
