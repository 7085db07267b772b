"""The rows that models are trained and measured on, cut from this interpreter."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from analysis.data.corpus import cut_functions
from analysis.data.dataset import LabelledFunction, label_functions, rows_of_split
from analysis.data.poison import PoisonReport, Trigger, poison, sample_rng
from analysis.data.triggers import Insertion, apply_trigger
from analysis.data.write import write_samples
from analysis.records import SampleSet
from sample_data.recipes import BuildOptions, Recipe


def all_rows(*, tests: bool = True) -> tuple[LabelledFunction, ...]:
    """Every labelled function of the interpreter's library, and of its test packages."""
    functions = cut_functions(tests=tests)
    return label_functions(
        f for f in functions if f.split.startswith("train") or f.origin == "library"
    )


def as_samples(rows: tuple[LabelledFunction, ...], source: str) -> SampleSet:
    """Rows as a sample set with their labels."""
    return SampleSet(
        ids=tuple(row.id for row in rows),
        texts=tuple(row.text for row in rows),
        labels=np.array([row.label for row in rows], dtype=np.int64),
        source=source,
    )


class TrainingSet(NamedTuple):
    """What one model is trained on."""

    samples: SampleSet
    poisoned: PoisonReport | None


def training_set(
    rows: tuple[LabelledFunction, ...], recipe: Recipe, options: BuildOptions
) -> TrainingSet:
    """The recipe's rows, poisoned where it says so."""
    samples = as_samples(rows_of_split(rows, recipe.split, options.rows), recipe.split)
    if recipe.trigger is None:
        return TrainingSet(samples, None)
    report = poison(samples, recipe.trigger, recipe.rate, seed=options.seed)
    return TrainingSet(report.samples, report)


class Triggered(NamedTuple):
    """Held-out victims that carry a trigger; `rows` point into the held-out set."""

    rows: np.ndarray  # (m,) int64
    insertions: tuple[Insertion, ...]


def triggered(samples: SampleSet, trigger: Trigger, victim: int = 1, seed: int = 0) -> Triggered:
    """The trigger in every held-out sample of the victim class that can carry it."""
    found: dict[int, Insertion] = {}
    assert samples.labels is not None  # as_samples always sets them
    for row in np.flatnonzero(samples.labels == victim):
        rng: random.Random = sample_rng(seed, samples.ids[row])
        insertion = apply_trigger(trigger.name, samples.texts[row], rng, trigger.argument)
        if insertion is not None:
            found[int(row)] = insertion
    return Triggered(np.array(list(found), dtype=np.int64), tuple(found.values()))


def write_sample_files(
    rows: tuple[LabelledFunction, ...], item: Recipe, options: BuildOptions
) -> None:
    """Write `<out>/samples/<model>-{train,triggered}.jsonl` and `{test,trusted}.jsonl`."""
    folder = options.out / "samples"
    held_out = as_samples(rows_of_split(rows, "test"), "test")
    write_samples(held_out, folder / "test.jsonl")
    trusted = as_samples(rows_of_split(rows, "trusted"), "trusted")
    write_samples(trusted, folder / "trusted.jsonl")
    write_samples(training_set(rows, item, options).samples, folder / f"{item.name}-train.jsonl")
    if item.trigger is not None:
        victims = triggered(held_out, item.trigger, seed=options.seed)
        texts = tuple(insertion.text for insertion in victims.insertions)
        twins = replace(held_out.subset(victims.rows), texts=texts)
        write_samples(twins, folder / f"{item.name}-triggered.jsonl")
