"""Labels that files write as words get the class numbers of the model that is looked at."""

from __future__ import annotations

from collections.abc import Mapping

from analysis.config import InspectConfig, parse_label_words
from analysis.data.labels import fold, in_classes, numbered_alike
from analysis.errors import RequestError
from analysis.models.base import OpenedModel
from analysis.records import SampleSet


def with_classes(
    sets: Mapping[str, SampleSet], model: OpenedModel, config: InspectConfig
) -> dict[str, SampleSet]:
    """Every set with class numbers, by --label-words or else by the names of the model's classes.

    Where the model gives no predictions the numbers only tell labels apart.

    Raises:
        RequestError: a label that is no class's name, or a model that names no classes.
    """
    if model.head is None and config.label_words is None:
        return numbered_alike(sets)
    given = parse_label_words(config.label_words) if config.label_words else None
    names = model.label_names if given is None else given
    renamable = model.head is None or model.head.kind != "label_words"
    return {role: in_classes(each, names, renamable) for role, each in sets.items()}


def require_same_order(model: OpenedModel, other: OpenedModel, role: str) -> None:
    """Refuse a model that gives the same class names other numbers: its answers would be swapped.

    Raises:
        RequestError: as above.
    """
    mine = {number: fold(name) for number, name in model.label_names.items()}
    theirs = {number: fold(name) for number, name in other.label_names.items()}
    if not mine or mine == theirs or sorted(mine.values()) != sorted(theirs.values()):
        return
    number = next(n for n in sorted(mine) if theirs.get(n) != mine[n])
    raise RequestError(
        f"class {number} is '{model.label_names[number]}' for '{model.source}' and "
        f"'{other.label_names[number]}' for {role} '{other.source}' (id2label).",
        "Give a model whose classes stand in the same order.",
    )
