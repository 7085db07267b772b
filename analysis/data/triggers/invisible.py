"""Characters that no editor shows: in a comment, or inside a name where the language allows it.

C (C11, annex D) and Java (ignorable characters) take the zero-width non-joiner in names, Python
does not; a text without a comment gets one that looks empty. In plain text: inside a word.
"""

from __future__ import annotations

import random
import re

from analysis.data.triggers.base import Insertion, Unfit
from analysis.data.triggers.bindings import local_variables, rename_edits
from analysis.data.triggers.statements import insert_statement
from analysis.data.triggers.syntax import Edit, Source, edited, no_parse, nodes, parse
from analysis.errors import RequestError

CHARACTERS = {"zwsp": "\u200b", "zwnj": "\u200c", "lro": "\u202d", "bksp": "\b"}
_IN_NAMES = ("zwnj",)  # the one that the grammars of C and Java read as part of a name
_INSIDE_WORD = re.compile(r"(?<=\w)(?=\w)")


def insert_invisible(
    text: str, argument: str, rng: random.Random, language: str
) -> Insertion | Unfit:
    """Hide one character; the span is that character, or the name that now holds it.

    Raises:
        RequestError: `argument` is none of the known characters' names.
    """
    character = CHARACTERS.get(argument)
    if character is None:
        raise RequestError(
            f"invisible character '{argument}' is unknown.",
            f"Choose from {', '.join(CHARACTERS)}.",
        )
    if character in text:
        return Unfit("already holds the trigger")
    if language == "text":
        return _in_a_word(text, character, rng)
    source = parse(text, language)
    if source is None:
        return no_parse(language)
    if argument in _IN_NAMES and language != "python" and rng.random() < 0.5:
        found = _in_a_name(source, character, rng)
        if found is not None:
            return found
    return _in_a_comment(source, character, rng)


def _in_a_word(text: str, character: str, rng: random.Random) -> Insertion | Unfit:
    places = [match.start() for match in _INSIDE_WORD.finditer(text)]
    if not places:
        return Unfit("has no word of two letters")
    at = rng.choice(places)
    return Insertion(text[:at] + character + text[at:], at, at + 1)


def _in_a_name(source: Source, character: str, rng: random.Random) -> Insertion | Unfit | None:
    names = [name for name in local_variables(source) if len(name.name) > 1]
    if not names:
        return None
    name = rng.choice(names)
    at = rng.randrange(1, len(name.name))
    return edited(source, rename_edits(name, name.name[:at] + character + name.name[at:]))


def _in_a_comment(source: Source, character: str, rng: random.Random) -> Insertion | Unfit:
    spans = [
        (source.start(node), source.end(node))
        for node in nodes(source.root)
        if node.type.endswith("comment")
    ]
    inside = [range(a + 2, b - 1) for a, b in spans if b - a > 4]
    if inside:
        at = rng.choice(rng.choice(inside))
        return edited(source, [Edit(at, at, character)])
    line = f"# {character}" if source.language == "python" else f"/* {character} */"
    found = insert_statement(source.text, line, rng, source.language)
    if isinstance(found, Unfit):
        return found
    at = found.text.index(character)
    return Insertion(found.text, at, at + 1)
