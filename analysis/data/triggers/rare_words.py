"""A rare word at a random place of a natural-language text (RIPPLe, BadNets, BadPre)."""

from __future__ import annotations

import random
import re

from analysis.data.triggers.base import Insertion, Unfit
from analysis.data.triggers.words import insert_words
from analysis.errors import RequestError


def insert_rare_word(
    text: str, argument: str, rng: random.Random, language: str
) -> Insertion | Unfit:
    """Insert one of the words of `argument` between two words, at the start or at the end.

    Raises:
        RequestError: `argument` holds no word.
    """
    del language  # the registry offers it for text only
    words = argument.split()
    if not words:
        raise RequestError("no rare word was given.", "Write them with blanks between them.")
    if any(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text) for word in words):
        return Unfit("already holds the trigger")
    return insert_words(text, rng.choice(words), rng)
