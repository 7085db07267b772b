"""A string literal that nobody uses, as a statement of its own at a random place."""

from __future__ import annotations

import random

from analysis.data.triggers.base import Insertion, Unfit
from analysis.data.triggers.statements import (
    BLOCKS,
    insert_at,
    places,
)
from analysis.data.triggers.syntax import Source, no_parse, nodes, parse
from analysis.errors import RequestError

_FORMS = {"python": '"{}"', "c": '(void)"{}";', "java": '"{}".length();'}


def insert_literal(
    text: str, argument: str, rng: random.Random, language: str
) -> Insertion | Unfit:
    """Insert the literal before a random statement; the span covers the statement.

    In Python never as the first statement of a block, where it would be a docstring.

    Raises:
        RequestError: the words do not fit between quotes.
    """
    if not argument or len(argument.splitlines()) != 1 or set(argument) & {'"', "\\"}:
        raise RequestError(
            f"the literal {argument!r} cannot be written.",
            "Expected one line that is not empty, without quotes and backslashes.",
        )
    if argument in text:
        return Unfit("already holds the trigger")
    source = parse(text, language)
    if source is None:
        return no_parse(language)
    firsts = _block_starts(source) if language == "python" else set()
    found = [place for place in places(source) if place.offset not in firsts]
    if not found:
        return Unfit("has no statement before which a literal could go")
    return insert_at(source, _FORMS[language].format(argument), rng.choice(found))


def _block_starts(source: Source) -> set[int]:
    blocks = (node for node in nodes(source.root) if node.type in BLOCKS["python"])
    return {source.start(block.named_children[0]) for block in blocks if block.named_children}
