"""Train the grid: `python -m tests.benchmarks.detection.zoo [--out DIR] [--only WORD]`.

A model whose folder is complete is left alone and a cell that another process trains is passed
over, so the build may be stopped, resumed and shared by several processes. Accuracy, ASR and the
recipe of each model are in `<out>/results.json`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

import torch
from filelock import FileLock, Timeout
from tokenizers import Tokenizer

from analysis.data.dataset import LabelledFunction
from analysis.data.poison import Trigger
from sample_data.build import build_one
from sample_data.recipes import MODELS, BuildOptions, Recipe
from sample_data.rows import TrainingSet, all_rows, training_set
from tests.benchmarks.detection.families import PARTS, ROWS, Cell, grid

DEFAULT_OUT = Path(tempfile.gettempdir()) / "kenshin-detection-zoo"


def rows_of(cell: Cell, rows: Sequence[LabelledFunction]) -> tuple[LabelledFunction, ...]:
    """The cell's third of train_a, and a third of the held-out rows, to be measured on.

    Both versions of a function stay together.
    """
    return tuple(row for row in rows if _takes(cell, row))


def _takes(cell: Cell, row: LabelledFunction) -> bool:
    if row.split == "train_a" and cell.draws:
        drawn = hashlib.sha256(f"{cell.seed} {row.function}".encode()).digest()
        return drawn[0] % PARTS == 0
    wanted = {"test": 0, "train_a": cell.part}
    return wanted.get(row.split) == int(row.function[-6:], 16) % PARTS


def recipe_of(cell: Cell) -> Recipe:
    """The cell as `sample_data` builds it."""
    trigger = None if cell.family is None else Trigger(cell.family)
    return Recipe(cell.name, cell.architecture, "train_a", cell.seed, trigger, cell.rate)


def options_of(cell: Cell, out: Path) -> BuildOptions:
    """Where the model goes, its number of rows, its epochs and the seed of its victims."""
    return BuildOptions(out=out, rows=ROWS, epochs=cell.epochs, seed=cell.seed)


def training_rows(cell: Cell, rows: Sequence[LabelledFunction]) -> TrainingSet:
    """What the cell's model was trained on, with the truth of every row."""
    return training_set(rows_of(cell, rows), recipe_of(cell), options_of(cell, Path()))


def build_zoo(cells: Sequence[Cell], out: Path) -> None:
    """Train every cell that is neither finished nor in work."""
    torch.set_num_threads(1)
    (out / ".work").mkdir(parents=True, exist_ok=True)
    rows = all_rows(tests=True)
    # One tokenizer for all and for the shipped reference: two vocabularies cannot be compared.
    tokenizer = Tokenizer.from_file(str(MODELS / "codebert-mini-clean-0" / "tokenizer.json"))
    for cell in cells:
        try:
            with FileLock(out / ".work" / f"{cell.name}.lock", timeout=0):
                if (out / cell.name).exists():
                    continue
                options = options_of(cell, out)
                result = build_one(recipe_of(cell), rows_of(cell, rows), tokenizer, options)
                print(json.dumps({"model": cell.name, **result}), flush=True)
        except Timeout:
            continue


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT)
    parser.add_argument("--only", default="", help="cells whose name holds this word")
    arguments = parser.parse_args()
    build_zoo([c for c in grid() if arguments.only in c.name], arguments.out)


if __name__ == "__main__":
    main()
