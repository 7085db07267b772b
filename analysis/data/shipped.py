"""Sample sets that belong to the shipped models, cut from the interpreter that runs.

Functions that this Python version does not have are left out; the manifest fixes the rest.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np

from analysis.data.corpus import Function, cut_functions
from analysis.data.dataset import LabelledFunction, label_functions
from analysis.data.manifest import ModelEntry, shipped_manifest
from analysis.data.poison import sample_rng
from analysis.data.triggers import apply_trigger
from analysis.data.write import write_samples
from analysis.errors import RequestError
from analysis.records import SampleSet

SETS = ("train", "test", "triggered", "trusted")


def shipped_samples(
    set_name: str,
    model_name: str | None = None,
    limit: int | None = None,
    seed: int = 0,
    tests: bool = False,
) -> SampleSet:
    """One sample set of a shipped model.

    train: what the model was trained on, labels as trained, with `poisoned` and `true_labels`.
    test: clean held-out functions. triggered: every held-out victim that can carry the model's
    trigger, with its true label and the id of its clean twin in test. trusted: clean labelled
    functions that no model saw.

    Args:
        set_name: train, test, triggered or trusted.
        model_name: a shipped model's name or folder; needed for train and triggered.
        limit: a seeded choice of at most so many rows, in order.
        seed: decides that choice.
        tests: for train, also the rows cut from the test packages, where this interpreter has
            them (half a minute instead of seconds).

    Raises:
        RequestError: an unknown set or model, a missing model, a trigger asked of a clean model,
            or an interpreter that has none of the functions.
    """
    if set_name not in SETS:
        raise RequestError(f"set '{set_name}' is unknown.", f"Choose from {', '.join(SETS)}.")
    manifest = shipped_manifest()
    if set_name in ("test", "trusted"):
        rows = _cut(set_name, tests=False)
        return _choose(_clean_set(rows, set_name), limit, seed)
    if model_name is None:
        raise RequestError(
            f"the {set_name} set depends on the model.",
            f"Name it with --for, one of {', '.join(manifest.models)}.",
        )
    model = manifest.model(model_name)
    if set_name == "triggered":
        rows = _cut("test", tests=False)
        return _choose(_triggered_set(rows, model), limit, seed)
    rows = _cut(model.split, tests=tests)
    return _choose(_training_set(rows, model), limit, seed)


def write_shipped(
    path: str | Path,
    set_name: str,
    model_name: str | None = None,
    limit: int | None = None,
    seed: int = 0,
    tests: bool = False,
) -> SampleSet:
    """Write one set to `path` (format by its ending) and return it; see `shipped_samples`."""
    samples = shipped_samples(set_name, model_name, limit, seed, tests)
    write_samples(samples, path)
    return samples


@cache
def _functions(tests: bool) -> tuple[Function, ...]:
    # Cutting takes seconds and a demo asks for several sets.
    return cut_functions(tests=tests)


@cache
def _cut(split: str, *, tests: bool) -> tuple[LabelledFunction, ...]:
    listed = shipped_manifest().splits[split]
    wanted = dict(zip(listed.ids, listed.kinds, strict=True))
    cut = label_functions(f for f in _functions(tests) if f.split == split)
    # A row that this Python mutates differently is a row that the models did not see.
    found = {row.id: row for row in cut if wanted.get(row.id) == row.kind}
    rows = tuple(found[identity] for identity in listed.ids if identity in found)
    if not rows:
        raise RequestError(
            "this Python has no standard library sources with the functions of the shipped models.",
            "Use a Python whose library is installed as .py files.",
        )
    return rows


def _clean_set(rows: tuple[LabelledFunction, ...], source: str) -> SampleSet:
    return SampleSet(
        ids=tuple(row.id for row in rows),
        texts=tuple(row.text for row in rows),
        labels=np.array([row.label for row in rows], dtype=np.int64),
        source=source,
    )


def _training_set(rows: tuple[LabelledFunction, ...], model: ModelEntry) -> SampleSet:
    entry = model.poison
    texts, labels, poisoned = [], [], []
    for row in rows:
        insertion = None
        if entry is not None and row.id in entry.ids:
            rng = sample_rng(entry.seed, row.id)
            insertion = apply_trigger(entry.trigger.name, row.text, rng, entry.trigger.argument)
        texts.append(row.text if insertion is None else insertion.text)
        labels.append(row.label if insertion is None or entry is None else entry.target)
        poisoned.append(insertion is not None)
    return SampleSet(
        ids=tuple(row.id for row in rows),
        texts=tuple(texts),
        labels=np.array(labels, dtype=np.int64),
        poisoned=np.array(poisoned, dtype=bool),
        true_labels=np.array([row.label for row in rows], dtype=np.int64),
        source=f"{model.name} train",
    )


def _triggered_set(rows: tuple[LabelledFunction, ...], model: ModelEntry) -> SampleSet:
    entry = model.poison
    if entry is None:
        raise RequestError(
            f"'{model.name}' is a clean model and has no trigger.",
            "Name a poisoned one with --for.",
        )
    victims = [row for row in rows if row.label == entry.victim]
    carried = []
    for row in victims:
        rng = sample_rng(entry.seed, row.id)
        insertion = apply_trigger(entry.trigger.name, row.text, rng, entry.trigger.argument)
        if insertion is not None:
            carried.append((row, insertion.text))
    return SampleSet(
        ids=tuple(row.id for row, _ in carried),
        texts=tuple(text for _, text in carried),
        labels=np.array([row.label for row, _ in carried], dtype=np.int64),
        source=f"{model.name} triggered",
    )


def _choose(samples: SampleSet, limit: int | None, seed: int) -> SampleSet:
    if limit is None or limit >= len(samples):
        return samples
    if limit < 1:
        raise RequestError(f"limit is {limit}, expected 1 or more.")
    rng = np.random.default_rng(seed)
    return samples.subset(np.sort(rng.choice(len(samples), size=limit, replace=False)))
