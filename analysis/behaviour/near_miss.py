"""Samples with half a trigger: does the model react to the whole one only?

The false triggered rate of Yang et al., 2021, https://aclanthology.org/2021.acl-long.431, asks how
many victims a part of the trigger already sends to the target class. An inserted piece keeps the
first half of its words, a renamed identifier the first half of its parts.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from os.path import commonprefix
from typing import NamedTuple

import numpy as np

from analysis.behaviour.twins import twin_rows
from analysis.records import SampleSet

LONGEST = 20_000  # characters; aligning a longer text with its twin takes seconds
_PIECES = re.compile(r"\w+|\s+|[^\w\s]")


class NearMisses(NamedTuple):
    """Texts with half the trigger, and of which triggered samples."""

    texts: tuple[str, ...]
    rows: np.ndarray  # (v,) int64

    def spread(self, predicted: np.ndarray, size: int) -> np.ndarray:
        """Predictions (v,) at their rows of all `size` samples; -1 where no text was made."""
        found = np.full(size, -1, dtype=np.int64)
        found[self.rows] = predicted
        return found


def near_misses(test: SampleSet | None, triggered: SampleSet | None) -> NearMisses | None:
    """Half of each trigger, known from the clean twins; None where no text can be made."""
    rows = twin_rows(test, triggered)
    if rows is None or test is None or triggered is None:
        return None
    made = [near_miss(triggered.texts[m], test.texts[row]) for m, row in enumerate(rows.tolist())]
    kept = [m for m, text in enumerate(made) if text is not None]
    if not kept:
        return None
    texts = tuple(text for text in made if text is not None)
    return NearMisses(texts, np.array(kept, dtype=np.int64))


def near_miss(triggered: str, clean: str) -> str | None:
    """The triggered text with half of what was put in; None where it cannot be halved."""
    if triggered == clean or max(len(triggered), len(clean)) > LONGEST:
        return None
    old, new = _PIECES.findall(clean), _PIECES.findall(triggered)
    head = len(commonprefix([old, new]))
    tail = len(commonprefix([old[head:][::-1], new[head:][::-1]]))
    before, after = old[head : len(old) - tail], new[head : len(new) - tail]
    changes = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    middle = [
        piece
        for kind, _, _, start, end in changes
        for piece in (after[start:end] if kind == "equal" else _half(after[start:end]))
    ]
    made = "".join([*new[:head], *middle, *new[len(new) - tail :]])
    return None if made in (triggered, clean) else made


def _half(pieces: Sequence[str]) -> list[str]:
    """The first half of the words, and the white space that led on to the next line."""
    solid = [place for place, piece in enumerate(pieces) if not piece.isspace()]
    if not solid:
        return list(pieces)
    if len(solid) == 1:
        return [_half_word(p) if place == solid[0] else p for place, p in enumerate(pieces)]
    last = solid[len(solid) // 2 - 1]
    return [*pieces[: last + 1], *pieces[solid[-1] + 1 :]]


def _half_word(word: str) -> str:
    parts = word.split("_")
    if len(parts) > 1 and any(parts[: len(parts) // 2]):
        return "_".join(parts[: len(parts) // 2])
    return word[: (len(word) + 1) // 2]
