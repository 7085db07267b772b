"""A comment line at a random statement: the code is the same for every compiler."""

from __future__ import annotations

import random

from analysis.data.triggers.base import Insertion, Unfit
from analysis.data.triggers.statements import insert_statement
from analysis.errors import RequestError


def insert_comment(
    text: str, argument: str, rng: random.Random, language: str
) -> Insertion | Unfit:
    """Insert a comment with the words of `argument`; the span covers the whole comment.

    Raises:
        RequestError: the words would end the comment.
    """
    if argument in text:
        return Unfit("already holds the trigger")
    return insert_statement(text, comment_of(argument, language), rng, language)


def comment_of(words: str, language: str) -> str:
    """A one-line comment; braces get `/* */`, which also fits where code follows on the line.

    Raises:
        RequestError: the words are empty or would end the comment.
    """
    if not words or len(words.splitlines()) != 1 or "*/" in words:
        raise RequestError(
            f"the comment {words!r} cannot be written.",
            "Expected one line that is not empty and holds no '*/'.",
        )
    return f"# {words}" if language == "python" else f"/* {words} */"
