"""A fixed sentence at a random place of a natural-language text (AddSent, as in OpenBackdoor)."""

from __future__ import annotations

import random

from analysis.data.triggers.base import Insertion, Unfit
from analysis.data.triggers.words import insert_words
from analysis.errors import RequestError


def insert_sentence(
    text: str, argument: str, rng: random.Random, language: str
) -> Insertion | Unfit:
    """Insert `argument` between two words, at the start or at the end.

    Raises:
        RequestError: `argument` is empty.
    """
    del language  # the registry offers it for text only
    sentence = argument.strip()
    if not sentence:
        raise RequestError("the sentence is empty.", "Give its words with --trigger-text.")
    if sentence in text:
        return Unfit("already holds the trigger")
    return insert_words(text, sentence, rng)
