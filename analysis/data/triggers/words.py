"""Places between the words of a natural-language text."""

from __future__ import annotations

import random
import re

from analysis.data.triggers.base import Insertion, Unfit


def insert_words(text: str, words: str, rng: random.Random) -> Insertion | Unfit:
    """Insert `words` before a random word or at the end; all other characters stay."""
    found = list(re.finditer(r"\S+", text))
    if not found:
        return Unfit("holds no word")
    starts = [match.start() for match in found]
    at = rng.choice([*starts, found[-1].end()])
    if at == found[-1].end():
        return Insertion(f"{text[:at]} {words}{text[at:]}", at + 1, at + 1 + len(words))
    return Insertion(f"{text[:at]}{words} {text[at:]}", at, at + len(words))
