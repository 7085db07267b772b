"""The words that set a group of samples apart: class-based TF-IDF over their code.

Grootendorst 2022 (BERTopic), arXiv 2203.05794, eq. 2, on how many samples hold a word instead of
how often it occurs, so that one long function cannot speak for its group. A word must also be
clearly more frequent inside than outside: a group that is like the rest gets no words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_WORD = re.compile(r"[^\W\d]\w+")
RAREST = 3  # samples that hold a word before it may stand for a group
LIFT = 1.5  # times as frequent inside as outside
FEWEST_OUTSIDE, SHARE_OUTSIDE = 10, 0.05  # a group of nearly all has nothing to be apart from
CERTAIN = 4.0  # standard errors between the two frequencies


@dataclass(frozen=True)
class WordTable:
    """Which samples hold which words, row by row."""

    words: tuple[str, ...]
    begins: np.ndarray  # (m + 1,) int64
    indices: np.ndarray  # (t,) int64, positions in `words`, each at most once per sample


def word_table(texts: Sequence[str]) -> WordTable:
    """Distinct words of m texts; words of fewer than `RAREST` texts are left out."""
    known: dict[str, int] = {}
    rows = [
        [known.setdefault(word, len(known)) for word in dict.fromkeys(_WORD.findall(text))]
        for text in texts
    ]
    lengths = np.array([len(row) for row in rows], dtype=np.int64)
    flat = np.fromiter((i for row in rows for i in row), dtype=np.int64, count=int(lengths.sum()))
    counts = np.bincount(flat, minlength=len(known))
    usual = counts >= RAREST
    place = np.cumsum(usual) - 1
    owner = np.repeat(np.arange(len(rows)), lengths)
    held = usual[flat]
    begins = np.concatenate([[0], np.cumsum(np.bincount(owner[held], minlength=len(rows)))])
    words = tuple(word for word, keep in zip(known, usual, strict=True) if keep)
    return WordTable(words, begins.astype(np.int64), place[flat[held]])


def characteristic_words(
    table: WordTable, groups: np.ndarray, most: int = 3
) -> tuple[tuple[str, ...], ...]:
    """The best words of each group, best first; none for a group that is like the rest.

    Args:
        table: words of m samples.
        groups: (m,) int, group of each sample, -1 for none; those count as the rest.
        most: words per group.
    """
    n_groups, n_words = int(groups.max(initial=-1)) + 1, len(table.words)
    if not n_groups or not n_words:
        return ((),) * n_groups
    owner = np.repeat(groups + 1, np.diff(table.begins))  # 0 is no group
    cells = np.bincount(owner * n_words + table.indices, minlength=(n_groups + 1) * n_words)
    held = cells.reshape(n_groups + 1, n_words).astype(np.float64)
    sizes = np.bincount(groups + 1, minlength=n_groups + 1).astype(np.float64)
    every, total = held.sum(axis=0), sizes.sum()
    average = held.sum() / (n_groups + 1)  # words per class, the A of the formula
    result: list[tuple[str, ...]] = []
    for group in range(1, n_groups + 1):
        if total - sizes[group] < max(FEWEST_OUTSIDE, SHARE_OUTSIDE * total):
            result.append(())
            continue
        inside = held[group] / max(sizes[group], 1)
        outside = (every - held[group]) / max(total - sizes[group], 1)
        share = every / total
        error = np.sqrt(
            share * (1 - share) * (1 / max(sizes[group], 1) + 1 / max(total - sizes[group], 1))
        )
        apart = (inside - outside > CERTAIN * error) & (inside > LIFT * outside)
        weight = np.where(apart, inside * np.log1p(average / np.maximum(every, 1)), 0.0)
        best = np.argsort(-weight, kind="stable")[:most]
        result.append(tuple(table.words[i] for i in best if weight[i] > 0))
    return tuple(result)
