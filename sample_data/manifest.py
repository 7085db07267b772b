"""Writes manifest.json: hashes, labels, which model saw what, which rows are poisoned."""

from __future__ import annotations

import json
import os
import platform
from pathlib import Path
from typing import Any

from analysis.data.dataset import LabelledFunction, rows_of_split, short_hash
from analysis.data.manifest import FORMAT_VERSION
from analysis.data.mutations import MUTATIONS
from sample_data.recipes import WINDOW, BuildOptions, Recipe
from sample_data.rows import training_set

_KINDS = tuple(kind.name for kind in MUTATIONS)


def make_manifest(
    rows: tuple[LabelledFunction, ...], recipes: list[Recipe], options: BuildOptions
) -> dict[str, Any]:
    """The manifest of these models as a JSON object."""
    sizes = {"train_a": options.rows, "train_b": options.rows, "test": None, "trusted": None}
    poisons: dict[str, Any] = {}
    models: dict[str, Any] = {}
    for item in recipes:
        key = None
        if item.trigger is not None:
            key = f"{item.trigger.name}-{item.rate * 100:g}"
            if key not in poisons:
                poisons[key] = _poison(rows, item, options)
        models[item.name] = {
            "architecture": item.architecture,
            "split": item.split,
            "seed": item.seed,
            "poison": key,
        }
    return {
        "format_version": FORMAT_VERSION,
        "python": platform.python_version(),
        "window": WINDOW,
        "kinds": list(_KINDS),
        "models": models,
        "poisons": poisons,
        "splits": {
            name: _split(rows_of_split(rows, name, count))  # type: ignore[arg-type]
            for name, count in sizes.items()
        },
    }


def write_manifest(values: dict[str, Any], path: Path) -> None:
    """Write one top-level entry per line, so that a change is a small difference."""
    body = ",\n".join(
        f"{json.dumps(key)}: {json.dumps(value, separators=(',', ':'))}"
        for key, value in values.items()
    )
    part = path.with_suffix(".part")
    part.write_text("{\n" + body + "\n}\n", encoding="utf-8")
    os.replace(part, path)


def _split(rows: tuple[LabelledFunction, ...]) -> dict[str, Any]:
    return {
        "ids": [row.id for row in rows],
        # 0 = clean (label 0), k = the k-th kind (label 1).
        "kinds": "".join(str(_KINDS.index(row.kind) + 1 if row.kind else 0) for row in rows),
        "origins": "".join(row.origin[0] for row in rows),
    }


def _poison(
    rows: tuple[LabelledFunction, ...], item: Recipe, options: BuildOptions
) -> dict[str, Any]:
    data = training_set(rows, item, options)
    assert item.trigger is not None  # the caller skips clean recipes
    assert data.poisoned is not None
    return {
        "trigger": item.trigger.name,
        "text": item.trigger.text,
        "target": 0,
        "victim": 1,
        "seed": options.seed,
        "rate": data.poisoned.achieved_rate,
        "ids": [data.samples.ids[row] for row in data.poisoned.rows],
        # What the model really saw: a later change of the trigger code must not go unnoticed.
        "texts": [short_hash(data.samples.texts[row]) for row in data.poisoned.rows],
    }
