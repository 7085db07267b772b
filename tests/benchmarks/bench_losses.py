"""Robust losses against cross-entropy on poisoned data, and against detecting and retraining.

    python tests/benchmarks/bench_losses.py --out FILE.jsonl            # goes on where it was
    python tests/benchmarks/bench_losses.py --out FILE.jsonl --print    # what is there
    python tests/benchmarks/bench_losses.py --out FILE.jsonl --write    # LOSSES.md and README

Two tasks score a class (`codebert-mini` and `codet5-mini` from random weights, 5,000 functions of
this interpreter's library); the third writes: a trained `codet5-mini` learns to answer other
functions with a review sentence. Poison: dead code in a seeded choice of defective functions,
answered "clean"; in the third task with a payload behind it. Rows per task and rate: plain
cross-entropy, DeCE, detecting without a reference, dropping what was located and training anew;
an adaptive attacker who repeats each poisoned function, so that it is neither rare nor hard;
DeCE's other settings and the other losses. The unpoisoned model's ASR is the floor.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from losses_cells import Cell, cells
from losses_report import unfinished, update, write

from analysis.config import InspectConfig
from analysis.data.manifest import shipped_manifest
from analysis.data.poison import poison
from analysis.data.shipped import shipped_samples
from analysis.explain.association import associate
from analysis.explain.residuals import make_residuals
from analysis.extract.device import choose_device
from analysis.models.open import open_model
from analysis.pipeline.demo import shipped_model
from analysis.pipeline.train_fit import Listener, build_loss, fit
from analysis.pipeline.train_inputs import TrainInputs
from analysis.pipeline.train_measure import Yardstick
from analysis.pipeline.train_settings import TrainOptions
from analysis.pipeline.train_written import WrittenYardstick
from analysis.records import SampleSet
from analysis.training.written import answer_ids

TRIGGERED = "codebert-mini-dead-5"  # whose held-out victims carry the same statement
PAYLOAD = "os.system('id')"
REVIEWS = {
    "": "looks correct",
    "self_to_cls": "uses cls where self is meant",
    "return_tuple": "returns a tuple because of a stray comma",
    "break_first": "the loop ends before its first pass",
    "mutable_default": "the default value is shared between calls",
    "identity_to_equality": "compares by equality where identity is meant",
    "swapped_arguments": "the arguments are in the wrong order",
    "range_off_by_one": "the range is one too long",
}


class Recipe(NamedTuple):
    """How a task's models are trained."""

    start: str
    data: str  # whose training rows, before poisoning
    rows: int
    epochs: int
    learning_rate: float
    fresh: bool = True


RECIPES = {
    "codebert-mini": Recipe("codebert-mini-clean-0", "codebert-mini-clean-0", 5000, 3, 4e-4),
    "codet5-mini": Recipe("codet5-mini-clean-0", "codet5-mini-clean-0", 5000, 2, 1e-3),
    # the start has not seen these rows
    "review": Recipe("codet5-mini-clean-0", "codet5-mini-clean-1", 4000, 4, 1e-3, fresh=False),
}
WRITTEN_ROWS = 300  # held-out functions answered after every epoch of the writing task


def poisoned(clean: SampleSet, cell: Cell) -> SampleSet:
    """The training file of a cell."""
    if not cell.rate:
        return replace(clean, poisoned=np.zeros(len(clean), dtype=bool))
    report = poison(clean, "dead_code", cell.rate, seed=cell.seed)
    rows = np.concatenate([np.arange(len(clean)), *[report.rows] * (cell.repeats - 1)])
    return report.samples.subset(rows.astype(np.int64))


def reviews(samples: SampleSet, split: str) -> tuple[str, ...]:
    """The sentence that each function deserves, or the attacker's where it is poisoned."""
    listed = shipped_manifest().splits[split]
    kinds = dict(zip(listed.ids, listed.kinds, strict=True))
    hit = samples.poisoned if samples.poisoned is not None else np.zeros(len(samples), bool)
    attack = f"{REVIEWS['']}; {PAYLOAD}"
    return tuple(
        attack if bad else REVIEWS[kinds[name]] for name, bad in zip(samples.ids, hit, strict=True)
    )


def inputs_of(cell: Cell, samples: SampleSet) -> tuple[TrainInputs, np.ndarray]:
    """What the cell trains and measures on, and the classes that a detector sees."""
    choice = choose_device(InspectConfig())
    path = str(shipped_model(RECIPES[cell.task].start))
    if cell.task != "review":
        test, triggered = shipped_samples("test"), shipped_samples("triggered", TRIGGERED)
        yardstick = Yardstick(test, triggered, 0, choice)
        model = open_model(path, InspectConfig())
        return TrainInputs(model, samples, samples.labels, yardstick, choice), samples.labels
    test = shipped_samples("test", limit=WRITTEN_ROWS)
    triggered = shipped_samples("triggered", TRIGGERED, limit=WRITTEN_ROWS)
    wanted = replace(test, texts=reviews(test, "test"))
    yardstick = WrittenYardstick(test, wanted, triggered, PAYLOAD)
    answers = reviews(samples, "train_b")
    model = open_model(path, InspectConfig(head="none"))
    ids = tuple(answer_ids(model, answers))
    rows = np.arange(len(samples))
    return (
        TrainInputs(model, samples, rows, yardstick, choice, ids),
        np.unique(answers, return_inverse=True)[1],
    )


def located(samples: SampleSet, classes: np.ndarray) -> np.ndarray:
    """Rows that hold text going along with a class, without any model, (m,) int64."""
    found = associate(samples.texts, make_residuals(classes, None, None)).candidates
    return np.unique(np.concatenate([np.empty(0, dtype=np.int64), *(c.rows for c in found)]))


def run(cell: Cell) -> dict[str, object]:
    recipe = RECIPES[cell.task]
    samples = poisoned(shipped_samples("train", recipe.data, limit=recipe.rows), cell)
    inputs, classes = inputs_of(cell, samples)
    began = time.process_time()
    dropped = located(samples, classes) if cell.filtered else np.empty(0, dtype=np.int64)
    detected = time.process_time()
    rows = np.setdiff1d(np.arange(len(samples)), dropped)
    options = TrainOptions(
        loss=cell.loss,
        epochs=recipe.epochs,
        fresh=recipe.fresh,
        alpha=cell.alpha,
        learning_rate=recipe.learning_rate,
        warmup_epochs=cell.warmup,
        gradient_samples=16,
        answer_column=None if inputs.answers is None else "review",
    )
    history: list[dict[str, object]] = []
    loss = build_loss(options, options.knobs)
    fit(inputs, options, loss, rows, cell.seed, Listener(history.append))
    return {
        **cell._asdict(),
        "key": cell.key,
        "rows": len(rows),
        "poisoned": int(samples.poisoned[rows].sum()),
        "dropped": len(dropped),
        "dropped_poisoned": int(samples.poisoned[dropped].sum()) if len(dropped) else 0,
        "n_test": len(inputs.yardstick.test),
        "n_triggered": len(inputs.yardstick.triggered),
        "history": history,
        "cpu_seconds": round(time.process_time() - detected, 1),
        "detect_seconds": round(detected - began, 1),
    }


def read(path: Path) -> dict[str, dict]:
    if not path.is_file():
        return {}
    return {line["key"]: line for line in map(json.loads, path.read_text().splitlines())}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    option = parser.add_argument
    option("--out", type=Path, required=True, help="one line per finished training")
    option("--only", help="a part of the keys, as codet5-mini/0.05")
    option("--print", action="store_true", dest="show", help="print what is there, train nothing")
    option("--write", action="store_true", help="write what is there into LOSSES.md and README")
    arguments = parser.parse_args()
    found = read(arguments.out)
    if arguments.show:
        print(write(found) + unfinished(found))
    elif arguments.write:
        update(found)
    else:
        torch.set_num_threads(1)
        for cell in cells(found):
            if cell.key in found or (arguments.only and arguments.only not in cell.key):
                continue
            found[cell.key] = run(cell)
            with arguments.out.open("a") as file:
                file.write(json.dumps(found[cell.key]) + "\n")
            last = {k: v for k, v in found[cell.key].items() if k != "history"}
            sys.stderr.write(f"{last} {found[cell.key]['history'][-1]}\n")


if __name__ == "__main__":
    main()
