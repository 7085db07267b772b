"""From functions of the standard library to labelled rows: defective (1) or clean (0)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from analysis.data.corpus import Function, Origin, Split
from analysis.data.mutations import mutate


class LabelledFunction(NamedTuple):
    """One row of the defect-detection task; a function appears once, clean or defective."""

    id: str  # of the clean function, 16 hexadecimal digits
    text: str
    label: int  # 1 = one injected defect
    kind: str  # the defect, "" for a clean row
    split: Split
    origin: Origin


def label_functions(functions: Iterable[Function]) -> tuple[LabelledFunction, ...]:
    """Decide each function's label from its hash and inject the defect where it is 1.

    Functions to which no defect applies are left out, so that the label never follows from
    what kind of function it is.
    """
    rows = []
    for function in functions:
        mutation = mutate(function.text, function.sha256)
        if mutation is None:
            continue
        label = int(function.sha256[-1], 16) % 2
        rows.append(
            LabelledFunction(
                id=function.id,
                text=mutation.text if label else function.text,
                label=label,
                kind=mutation.kind if label else "",
                split=function.split,
                origin=function.origin,
            )
        )
    return tuple(rows)


def rows_of_split(
    rows: Iterable[LabelledFunction], split: Split, count: int | None = None
) -> tuple[LabelledFunction, ...]:
    """Rows of one split in hash order; held-out splits hold library functions only.

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
    chosen.sort(key=lambda row: (row.origin != "library", row.id))
    return tuple(sorted(chosen[:count], key=lambda row: row.id))
