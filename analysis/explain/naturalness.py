"""Text that looks put in: improbable, and shared word for word by samples that are strangers.

A long line that the rest of the file would never write, repeated in samples that have nothing
else in common, did not grow there. No labels are needed, so clean-label poison and triggers
towards classes with real features show as well. Boilerplate (a licence line, a logging call) looks
the same: alone this is a doubt, together with a class it convicts.

A second sign of the same: a line that copies of a text have and other copies of it lack, again and
again. Poison that was added beside its clean originals looks so.

Blind spots: renames (a lone name is shared by strangers too often: `result`, `__init__`), phrases
inside a line (constants), triggers that differ everywhere, files where all code is about one thing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from analysis.explain.items import ItemTable, mask_constants, split_lines
from analysis.explain.language_model import LineModel, fit_lines
from analysis.explain.merge import Described, describe
from analysis.explain.relatedness import FEWEST, Relatedness, fit_relatedness

MIN_BITS = 60.0  # a line; clean files of four origins hold at most one such line of strangers
MAX_RELATED = 1.75  # times the usual similarity of two samples; random sets of 17 stay below it
MIN_ADDED, SHARE_ADDED = 4, 0.8  # texts with copies that lack it; of all texts with copies
MAX_FOUND = 5
_TOKEN = re.compile(r"[A-Za-z_$][\w$]*|\d[\w.]*|[^\w\s]")
NAME = re.compile(r"[A-Za-z_$][\w$]*")


@dataclass(frozen=True)
class Strange:
    """One text that looks put in."""

    found: Described
    bits: float  # cost of the text without its own occurrences
    related: float  # similarity of its holders over the usual one, NaN where it is unknown
    added: int = 0  # texts of which some copies hold it and others do not, where that is the rule


@dataclass(frozen=True)
class Naturalness:
    """The strange texts of a file, and how strange each sample's strangest text is."""

    strange: tuple[Strange, ...]  # by bits times support, strongest first
    scores: np.ndarray  # (n,) float32, bits of the strangest text, 0 without one


class Judged(NamedTuple):
    """Figures of one item; see `Strange`."""

    bits: float
    related: float
    added: int


@dataclass(frozen=True)
class Copied:
    """Which samples are copies of one another."""

    group: np.ndarray  # (n,) int64
    size: np.ndarray  # (groups,) int64
    first: np.ndarray  # (n,) bool, one sample per group

    @classmethod
    def of(cls, group: np.ndarray) -> Copied:
        """From group numbers 0, 1, …, (n,) int64."""
        first = np.zeros(len(group), dtype=bool)
        first[np.unique(group, return_index=True)[1]] = True
        return cls(group, np.bincount(group) if len(group) else group, first)

    def added(self, rows: np.ndarray) -> int:
        """Texts of which `rows` are some copies and not all; 0 unless that is the rule."""
        groups, held = np.unique(self.group[rows], return_counts=True)
        copied = self.size[groups] > 1
        partly = int((held < self.size[groups])[copied].sum())
        rule = partly >= max(MIN_ADDED, SHARE_ADDED * copied.sum())
        return partly if rule and copied.sum() >= 0.5 * len(groups) else 0


def naturalness(texts: Sequence[str], items: ItemTable, group: np.ndarray) -> Naturalness:
    """Judge every line and masked line that several samples share.

    Args:
        texts: n samples.
        items: their shared items.
        group: (n,) int64, the same for copies of one text: copies are related, and no evidence.
    """
    scores = np.zeros(len(texts), dtype=np.float32)
    if items.matrix.shape[1] == 0:
        return Naturalness((), scores)
    copies = Copied.of(group)
    related = fit_relatedness(items)
    columns = items.matrix.tocsc()
    weights: dict[int, Judged] = {}
    for kind, model in _models(texts).items():
        for column in (c for c, k in enumerate(items.kinds) if k == kind):
            rows = columns.indices[columns.indptr[column] : columns.indptr[column + 1]]
            judged = _judge(items.texts[column], rows, model, related, copies)
            if judged is not None:
                weights[column] = judged
    for column, (bits, *_) in weights.items():
        rows = columns.indices[columns.indptr[column] : columns.indptr[column + 1]]
        scores[rows] = np.maximum(scores[rows], bits)
    return Naturalness(tuple(_described(texts, items, weights)), scores)


def _models(texts: Sequence[str]) -> dict[str, LineModel]:
    plain = [_TOKEN.findall(line) for text in texts for line in split_lines(text)]
    masked = [_TOKEN.findall(line) for text in texts for line in split_lines(mask_constants(text))]
    return {"line": fit_lines(plain), "masked_line": fit_lines(masked)}


def _judge(
    text: str,
    rows: np.ndarray,
    model: LineModel,
    related: Relatedness,
    copies: Copied,
) -> Judged | None:
    """Figures of one item, None where it looks natural."""
    bits = model.bits(_TOKEN.findall(text), len(rows))
    if bits < MIN_BITS:
        return None
    strangers = rows[copies.first[rows]]
    value = float("nan")
    if len(strangers) >= FEWEST:
        value = related.of(strangers, set(NAME.findall(text)))
    added = copies.added(rows)
    # NaN: nothing to compare
    return Judged(bits, value, added) if value <= MAX_RELATED or added else None


def _described(texts: Sequence[str], items: ItemTable, weights: dict[int, Judged]) -> list[Strange]:
    """One entry per group of samples, the strongest text first, later ones without its samples."""
    support = items.support
    allowed = np.array(sorted(weights))
    left = np.ones(len(texts), dtype=bool)
    found: list[Strange] = []
    for column in sorted(weights, key=lambda c: (-weights[c][0] * support[c], c)):
        rows = np.flatnonzero(left)
        hold = items.matrix[rows][:, [column]].nonzero()[0]
        if len(hold) < max(FEWEST, 0.5 * support[column]) or len(found) == MAX_FOUND:
            continue
        chosen = describe(texts, items, column, allowed, rows)
        found.append(Strange(chosen, *weights[column]))
        left[chosen.rows] = False
        left[rows[hold]] = False
    return found
