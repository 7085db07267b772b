"""Whether a trigger lies inside the window of the model that should react to it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from os.path import commonprefix

import numpy as np

from analysis.models.base import OpenedModel

_WORD = re.compile(r"\w*")


def survives(model: OpenedModel, triggered: Sequence[str], clean: Sequence[str]) -> np.ndarray:
    """Which triggers the model can see, (m,) bool.

    Args:
        model: its tokenizer and window decide.
        triggered: m texts with the trigger.
        clean: their m twins without it.
    """
    heads = [text[: trigger_end(text, twin)] for text, twin in zip(triggered, clean, strict=True)]
    changed = np.array([a != b for a, b in zip(triggered, clean, strict=True)], dtype=bool)
    if not heads:
        return changed
    return changed & ~model.encode(heads).truncated


def trigger_end(triggered: str, clean: str) -> int:
    """Where the first piece of the trigger ends in the triggered text, in characters.

    An insertion ends where its last character does; a replacement (a rename touches many
    places) counts from its first changed word on. Equal texts give 0.
    """
    if triggered == clean:
        return 0
    start = len(commonprefix([triggered, clean]))
    limit = min(len(triggered), len(clean)) - start
    tail = 0
    while tail < limit and triggered[-1 - tail] == clean[-1 - tail]:
        tail += 1
    if len(clean) - tail == start:
        end = len(triggered) - tail
        # "w|50 w|9" is the same insertion as "|w50 |w9": take the one that ends first
        while start > 0 and triggered[start - 1] == triggered[end - 1]:
            start, end = start - 1, end - 1
        return end
    word = _WORD.match(triggered, start)
    return max(start + 1, word.end() if word else 0)
