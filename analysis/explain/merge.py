"""From many overlapping items to the one text that an analyst should read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from analysis.explain.conditions import CONDITION
from analysis.explain.items import ItemTable, item_pattern

_COVER = 0.9  # share of the strongest item's samples that a better text must also have
_OVERLAP = 0.8  # share of its own samples that must be among them


def _priority(kind: str, text: str) -> int:
    """Whole lines say most; a phrase of several words says more than one name."""
    if kind == "ngram":
        words = sum(any(c.isalnum() for c in token) for token in text.split(" "))
        return 3 if words > 1 else 6
    return {"line": 0, "masked_line": 1, CONDITION: 2, "identifier": 4, "suffix": 5}[kind]


class Described(NamedTuple):
    """The chosen text, the samples that hold it and where."""

    kind: str
    text: str
    rows: np.ndarray  # (m,) int64
    spans: tuple[tuple[int, int], ...]  # (m) start, end


def describe(
    texts: Sequence[str], items: ItemTable, best: int, allowed: np.ndarray, rows: np.ndarray
) -> Described:
    """The most specific text that covers what item `best` covers.

    Args:
        texts: all samples.
        items: their items.
        best: column of the strongest item.
        allowed: (a,) int, columns that pass every criterion themselves.
        rows: (m,) int, samples still looked at.
    """
    part = items.matrix[rows].tocsc()[:, allowed]
    hold = np.asarray(items.matrix[rows][:, [best]].todense()).ravel() > 0
    common = np.asarray(part.T @ hold.astype(np.float32)).ravel()
    support = np.asarray(part.sum(axis=0)).ravel()
    same = (common >= _COVER * hold.sum()) & (common >= _OVERLAP * np.maximum(support, 1))
    group = [int(c) for c in allowed[same]] or [best]
    group.sort(
        key=lambda c: (
            _priority(items.kinds[c], items.texts[c]),
            -len(items.texts[c]),
            items.texts[c],
        )
    )
    first = group[0]
    held = rows[np.asarray(items.matrix[rows][:, [first]].todense()).ravel() > 0]
    kind = items.kinds[first]
    lines = [c for c in group if items.kinds[c] == kind] if kind.endswith("line") else [first]
    return _locate(texts, kind, [items.texts[c] for c in lines], held)


def _locate(texts: Sequence[str], kind: str, pieces: list[str], rows: np.ndarray) -> Described:
    """Spans of the pieces that stand next to one another, starting from the first piece."""
    patterns = [item_pattern(kind, piece) for piece in pieces]
    spans = [_joined_span(texts[row], patterns) for row in rows]
    if kind.endswith("line"):
        spans = _with_headers(texts, rows, spans)
    text = pieces[0]
    if len(rows) and (kind == CONDITION or (kind == "line" and len(pieces) > 1)):
        text = instance(texts[rows[0]], spans[0])
    return Described(kind, text, rows, tuple(spans))


def instance(text: str, span: tuple[int, int]) -> str:
    """The block at `span` as it would stand at the left margin, relative indentation kept."""
    start, end = span
    line_start = text.rfind("\n", 0, start) + 1
    indent = text[line_start:start]
    lines = text[start:end].split("\n")
    if indent.strip():
        return "\n".join(lines)
    return "\n".join([lines[0], *(line.removeprefix(indent) for line in lines[1:])])


def _joined_span(text: str, patterns: Sequence[re.Pattern[str]]) -> tuple[int, int]:
    found = [(m.start(), m.end()) if (m := p.search(text)) else None for p in patterns]
    if found[0] is None:
        return (0, 0)
    start, end = found[0]
    rest = [span for span in found[1:] if span is not None]
    while True:
        touching = [s for s in rest if _touches(text, (start, end), s)]
        if not touching:
            return start, end
        start = min(start, *(s[0] for s in touching))
        end = max(end, *(s[1] for s in touching))


def _touches(text: str, block: tuple[int, int], span: tuple[int, int]) -> bool:
    """Whether `span` stands right before or after `block`, blanks aside."""
    if span[0] >= block[1]:
        return not text[block[1] : span[0]].strip()
    return span[1] <= block[0] and not text[span[1] : block[0]].strip()


_HEADER = re.compile(r"(?:^|\n)[ \t]*([^\s][^\n]*[:{])[ \t]*\r?\n[ \t]*$")


def _with_headers(
    texts: Sequence[str], rows: np.ndarray, spans: list[tuple[int, int]]
) -> list[tuple[int, int]]:
    """Spans that start at the block's header where nearly all of them stand under one.

    The header of a grammar trigger differs from sample to sample, so no item holds it.
    """
    headers = [_HEADER.search(texts[row][: span[0]]) for row, span in zip(rows, spans, strict=True)]
    fits = [
        h is not None and not h[1].lstrip().startswith(("def ", "class ", "async def "))
        for h in headers
    ]
    if not fits or np.mean(fits) < _COVER:
        return spans
    return [
        (h.start(1), span[1]) if h is not None and fit else span
        for h, fit, span in zip(headers, fits, spans, strict=True)
    ]
