"""The grid, fixed before anything was scored.

Families marked "fit" may be used to choose weights, thresholds or layers; "test" families may not.
The cells stand in the order of training: whatever is finished when time is up is a usable grid.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

Use = Literal["fit", "test"]

# Fixed line, comment and function name on the fitting side; the test side holds a name of a
# variable, a line that differs in every sample, a name that differs in every sample, and a string.
FAMILIES: dict[str, Use] = {
    "dead_code": "fit",
    "rename": "test",
    "grammar": "test",
    "function_rename": "fit",
    "identifier_suffix": "test",
    "comment": "fit",
    "string_literal": "test",
}
SHIPPED = ("dead_code", "rename")  # families of the models in sample_data, 10,500 rows each
RATES = (0.02, 0.05)
SEEDS = (0, 1)
CLEAN = 60  # clean suspects; the even ones are for fitting; 0 found of 59 says "below 5 %"
FIRST_CLEAN_SEED = 100
PARTS = 3  # disjoint thirds of train_a; a cell's seed chooses its third
ROWS = 5000  # training rows of a suspect
EPOCHS = 3
# The first clean suspects share the thirds of the poisoned cells. What is said of a file hangs on
# its rows alone, so twenty models of one third are one file; later ones draw thirds of their own.
SHARING = 11
# In three epochs no poison of 2 % took, nor grammar and suffix at 5 %: the same rows, LONGER, which
# are as many steps as a shipped model gets. Chosen by training alone, before any was scored.
LONGER = 6
TAKING = (
    ("dead_code", 0.02),
    ("grammar", 0.05),
    ("identifier_suffix", 0.05),
    ("rename", 0.02),
    ("dead_code", 0.01),
)


class Cell(NamedTuple):
    """One model of the grid."""

    name: str
    architecture: str
    family: str | None  # None: clean
    rate: float
    seed: int  # decides the initial weights, the order, the victims and the third of the rows
    use: Use
    epochs: int = EPOCHS

    @property
    def part(self) -> int:
        """Which third of train_a is used where thirds are shared."""
        return self.seed % PARTS

    @property
    def draws(self) -> bool:
        """Whether the third of train_a is one of its own, drawn by the seed."""
        return self.family is None and self.seed >= FIRST_CLEAN_SEED + SHARING


def poisoned_cell(
    architecture: str, family: str, rate: float, seed: int, epochs: int = EPOCHS
) -> Cell:
    """One poisoned model; its name tells epochs where they are not the usual ones."""
    name = f"{architecture}-{family}-{round(rate * 100)}-s{seed}"
    name += "" if epochs == EPOCHS else f"-e{epochs}"
    return Cell(name, architecture, family, rate, seed, FAMILIES[family], epochs)


def poisoned_cells(architecture: str, rate: float, seed: int) -> list[Cell]:
    """One cell per family."""
    return [poisoned_cell(architecture, family, rate, seed) for family in FAMILIES]


def clean_cells(architecture: str, count: int) -> list[Cell]:
    """Clean suspects, each with its own seed."""
    return [
        Cell(
            f"{architecture}-clean-{number}",
            architecture,
            None,
            0.0,
            FIRST_CLEAN_SEED + number,
            "fit" if number % 2 == 0 else "test",
        )
        for number in range(count)
    ]


def longer_cells() -> list[Cell]:
    """Poison that a model needs more epochs to take: encoders first, then two of T5's kind."""
    cells = [poisoned_cell("codebert-mini", *each, 0, LONGER) for each in TAKING]
    return cells + [poisoned_cell("codet5-mini", *each, 0, LONGER) for each in TAKING[:2]]


def grid() -> tuple[Cell, ...]:
    """Every cell, in the order of training: 5 % first, which a model this small learns.

    The shipped models hold dead code and rename already, so the other families come first.
    """
    clean = clean_cells("codebert-mini", CLEAN)
    cells: list[Cell] = []
    for number, (seed, rate) in enumerate((s, r) for s in SEEDS for r in reversed(RATES)):
        poisoned = poisoned_cells("codebert-mini", rate, seed)
        mixed = [*poisoned, *clean[4 * number : 4 * number + 4]]
        cells += sorted(mixed, key=lambda cell: cell.family in SHIPPED)
    for rate in RATES:
        cells += poisoned_cells("codet5-mini", rate, 0)
    cells += longer_cells()
    cells += clean[4 * len(SEEDS) * len(RATES) :]  # the rest of the clean ones only count alarms
    return tuple(cells)
