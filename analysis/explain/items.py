"""Pieces of text that could carry a trigger, and which samples hold them.

Six views of a text, each blind to some trigger family: whole lines (fixed dead code), lines with
constants masked (dead code drawn from a small grammar), identifiers (renames), last words of
identifiers (BadCode's suffixes), three-token n-grams (constants, phrases) and conditions that no
variable decides (dead code drawn from any grammar). Nothing is parsed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from analysis.explain.conditions import CONDITION, STATEMENT, holds_condition

KINDS = ("line", "masked_line", "identifier", "suffix", "ngram", CONDITION)
FRAGMENTS = ("masked_line", "suffix", "ngram")  # parts that unrelated samples share by chance

_TOKEN = re.compile(r"[A-Za-z_$][\w$]*|\d[\w.]*|[^\w\s]")
_STRING = re.compile(r"'''.*?'''|\"\"\".*?\"\"\"|'(?:\\.|[^'\\\n])*'|\"(?:\\.|[^\"\\\n])*\"", re.S)
_NUMBER = re.compile(r"(?<![\w.])-?\d[\w.]*")
_SUFFIX = re.compile(r"(?<=[^\W_])_+[^\W_]+$")
_LONG_LINE = 120  # characters; beyond it the code has lost its line breaks
_GRAM = 3


@dataclass(frozen=True)
class ItemTable:
    """Items of one kind or several, with the samples that hold each."""

    kinds: tuple[str, ...]  # one of KINDS per item
    texts: tuple[str, ...]  # as found, blanks collapsed
    matrix: sparse.csr_matrix  # (n, items) float32 of 0 and 1

    @property
    def support(self) -> np.ndarray:
        """Number of samples that hold each item, (items,) int64."""
        return np.asarray(self.matrix.sum(axis=0)).ravel().astype(np.int64)


def min_support(n: int) -> int:
    """Fewest samples that must hold an item: 8, less below 800 samples, never under 4."""
    return int(np.clip(n // 100, 4, 8))


def build_items(
    texts: Sequence[str], *, smallest: int | None = None, largest: float = 0.5
) -> ItemTable:
    """Collect the items of `texts`, n of them, that enough and not too many samples hold.

    Args:
        texts: the samples.
        smallest: fewest samples per item; None: `min_support(n)`.
        largest: share of the samples from which an item is too common to be a trigger.
    """
    n = len(texts)
    low = min_support(n) if smallest is None else smallest
    tokens = [_TOKEN.findall(text) for text in texts]
    tables = [
        _string_table("line", (split_lines(text) for text in texts), n),
        _string_table("masked_line", (masked_lines(text) for text in texts), n),
        _string_table("identifier", (_words(row) for row in tokens), n),
        _string_table("suffix", (_suffixes(row) for row in tokens), n),
        _gram_table(tokens, n, low),
        _string_table(CONDITION, ([CONDITION] * holds_condition(text) for text in texts), n),
    ]
    parts = [_keep(table, low, largest * n) for table in tables]
    return ItemTable(
        tuple(kind for part in parts for kind in part.kinds),
        tuple(text for part in parts for text in part.texts),
        sparse.hstack([part.matrix for part in parts], format="csr", dtype=np.float32),
    )


def split_lines(text: str) -> list[str]:
    """Lines of `text` without outer blanks; very long lines are cut behind `;`, `{` and `}`."""
    lines = []
    for line in text.splitlines():
        pieces = re.split(r"(?<=[;{}])\s+", line) if len(line) > _LONG_LINE else [line]
        lines += [" ".join(piece.split()) for piece in pieces]
    return [line for line in lines if sum(c.isalnum() for c in line) >= 2]


def mask_constants(text: str) -> str:
    """`text` with every string as "S" and every number as 0."""
    return _NUMBER.sub("0", _STRING.sub('"S"', text))


def masked_lines(text: str) -> list[str]:
    """Lines with constants masked; lines without a constant are left to the line view."""
    plain = set(split_lines(text))
    return [line for line in split_lines(mask_constants(text)) if line not in plain]


def item_pattern(kind: str, text: str) -> re.Pattern[str]:
    """Pattern that finds an item in the text of a sample that holds it."""
    if kind == CONDITION:
        return STATEMENT
    if kind == "masked_line":
        parts = re.split(r'("S"|(?<![\w.])0(?![\w.]))', text)
        body = "".join(_masked_part(part) for part in parts)
        return re.compile(body)
    if kind == "ngram":
        return re.compile(r"\s*".join(re.escape(token) for token in text.split(" ")))
    body = r"\s+".join(re.escape(piece) for piece in text.split(" "))
    if kind == "identifier":
        return re.compile(rf"(?<![\w$]){body}(?![\w$])")
    if kind == "suffix":  # the whole name: where its last word begins is of no use to a reader
        return re.compile(rf"(?<![\w$])[\w$]*[^\W_]{body}(?![\w$])")
    return re.compile(body)


def _masked_part(part: str) -> str:
    if part == '"S"':
        return f"(?:{_STRING.pattern})"
    if part == "0":
        return r"-?\d[\w.]*"
    return re.sub(r"(?:\\ )+", r"\\s+", re.escape(part))


def _words(tokens: Iterable[str]) -> list[str]:
    return [t for t in tokens if t[0].isalpha() or t[0] in "_$" or ord(t[0]) > 127]


def _suffixes(tokens: Iterable[str]) -> list[str]:
    """The last word of every name of several words, with its underscore: `_rb` of `path_rb`."""
    return [found[0] for token in tokens if (found := _SUFFIX.search(token))]


def _string_table(kind: str, rows: Iterable[Iterable[str]], n: int) -> ItemTable:
    index: dict[str, int] = {}
    samples: list[int] = []
    columns: list[int] = []
    for sample, row in enumerate(rows):
        unique = dict.fromkeys(row)  # keeps the order, so that item numbers repeat
        columns.extend(index.setdefault(text, len(index)) for text in unique)
        samples.extend([sample] * len(unique))
    return ItemTable((kind,) * len(index), tuple(index), _matrix(samples, columns, n, len(index)))


def _gram_table(tokens: Sequence[Sequence[str]], n: int, low: int) -> ItemTable:
    vocabulary: dict[str, int] = {}
    ids = [[vocabulary.setdefault(t, len(vocabulary)) for t in row] for row in tokens]
    base = max(len(vocabulary), 1)
    keys, samples = [], []
    for sample, row in enumerate(ids):
        values = np.asarray(row, dtype=np.int64)
        if len(values) < _GRAM:
            continue
        gram = np.unique((values[:-2] * base + values[1:-1]) * base + values[2:])
        keys.append(gram)
        samples.append(np.full(len(gram), sample))
    if not keys:
        return ItemTable((), (), _matrix([], [], n, 0))
    grams, columns, counts = np.unique(
        np.concatenate(keys), return_inverse=True, return_counts=True
    )
    frequent = np.flatnonzero(counts >= low)
    place = np.full(len(grams), -1)
    place[frequent] = np.arange(len(frequent))
    kept = place[columns] >= 0
    words = tuple(vocabulary)
    texts = tuple(
        f"{words[key // base // base]} {words[key // base % base]} {words[key % base]}"
        for key in grams[frequent].tolist()
    )
    matrix = _matrix(np.concatenate(samples)[kept], place[columns][kept], n, len(texts))
    return ItemTable(("ngram",) * len(texts), texts, matrix)


def _matrix(samples: object, columns: object, n: int, width: int) -> sparse.csr_matrix:
    rows = np.asarray(samples, dtype=np.int64)
    ones = np.ones(len(rows), dtype=np.float32)
    return sparse.csr_matrix((ones, (rows, np.asarray(columns, dtype=np.int64))), shape=(n, width))


def _keep(table: ItemTable, low: float, high: float) -> ItemTable:
    support = table.support
    columns = np.flatnonzero((support >= low) & (support <= high))
    return ItemTable(
        tuple(table.kinds[c] for c in columns),
        tuple(table.texts[c] for c in columns),
        table.matrix[:, columns],
    )
