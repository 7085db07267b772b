"""From functions of the standard library to labelled rows: defective (1) or clean (0)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from analysis.data.corpus import Function, Origin, Split
from analysis.data.mutations import mutate


class LabelledFunction(NamedTuple):
    """One row of the defect-detection task."""

    id: str  # of this row's text, 16 hexadecimal digits
    function: str  # id of the clean function; both versions share it and therefore the split
    text: str
    label: int  # 1 = one injected defect
    kind: str  # the defect, "" for a clean row
    split: Split
    origin: Origin


def label_functions(functions: Iterable[Function]) -> tuple[LabelledFunction, ...]:
    """Rows of the task; a defect and its place follow from the function's hash.

    A library function of a training split appears clean and defective, which teaches a small
    model the defect and not the function. Everywhere else a function appears once, its label
    decided by its hash. Functions to which no defect applies are left out, so that the label
    never follows from what kind of function it is, and so are defects whose text is another
    function's clean text.
    """
    functions = tuple(functions)
    taken = {function.id for function in functions}
    rows = []
    for row in (row for function in functions for row in _versions(function)):
        if row.label == 0 or row.id not in taken:
            taken.add(row.id)
            rows.append(row)
    return tuple(rows)


def rows_of_split(
    rows: Iterable[LabelledFunction], split: Split, count: int | None = None
) -> tuple[LabelledFunction, ...]:
    """Rows of one split in a fixed random order; held-out splits hold library functions only.

    Args:
        rows: labelled functions.
        split: the wanted split.
        count: at most so many, library functions before those of the test packages.
    """
    chosen = [
        row
        for row in rows
        if row.split == split and (row.origin == "library" or split.startswith("train"))
    ]
    chosen.sort(key=lambda row: (row.origin != "library", row.function, row.label))
    # The last digits of a hash say nothing about split or label, unlike the first.
    return tuple(sorted(chosen[:count], key=lambda row: row.id[::-1]))


def short_hash(text: str) -> str:
    """First 16 hexadecimal digits of a text's SHA-256: row ids and manifest entries."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _versions(function: Function) -> Iterator[LabelledFunction]:
    mutation = mutate(function.text, function.sha256)
    if mutation is None:
        return
    paired = function.origin == "library" and function.split.startswith("train")
    chosen = int(function.sha256[-1], 16) % 2
    if paired or chosen == 0:
        yield _row(function, function.text, "")
    if paired or chosen == 1:
        yield _row(function, mutation.text, mutation.kind)


def _row(function: Function, text: str, kind: str) -> LabelledFunction:
    return LabelledFunction(
        id=short_hash(text),
        function=function.id,
        text=text,
        label=int(bool(kind)),
        kind=kind,
        split=function.split,
        origin=function.origin,
    )
