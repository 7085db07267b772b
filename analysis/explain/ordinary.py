"""Ordinary names as the floor of a renaming: the names that other samples use in the same place.

A random word is a poor control where a model took "a strange name" for its trigger: it reacts to
the random word as to the trigger itself, and the excess vanishes although the trojan works. Names
that stand in the file already are what a renaming puts in that means nothing.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

from analysis.data.triggers.rename import rename_identifier

POOL = 200  # samples whose names are drawn
FEWEST_NAMES = 20  # of them that make a floor
_TRIES = 12  # names per sample; a short text may hold the first few itself
_WORD = re.compile(r"[A-Za-z_$][\w$]*")
_PROBE = "kenshin_probe_name"


def ordinary_names(texts: Sequence[str], rng: random.Random) -> list[str]:
    """The name that the rename trigger would replace in each of up to `POOL` of `texts`.

    A name that many samples use comes as often.
    """
    names = []
    for text in rng.sample(list(texts), min(POOL, len(texts))):
        found = rename_identifier(text, _PROBE, rng)
        word = None if found is None else _WORD.match(text, found.start)
        if word is not None:
            names.append(word[0])
    return names


def with_ordinary_name(text: str, names: Sequence[str], rng: random.Random) -> str:
    """`text` with one name replaced by one of `names`; as it is where none fits."""
    for name in rng.sample(list(names), min(_TRIES, len(names))):
        found = rename_identifier(text, name, rng)
        if found is not None:
            return found.text
    return text
