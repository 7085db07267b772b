"""What occlusion takes away: a line, a name everywhere it stands, or one token.

A rename changes no line that could be left out without loss, and dead code has no name that
matters: each kind is blind to what another one sees.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from analysis.data.triggers.bindings import holds_word, local_variables
from analysis.data.triggers.functions import function_name
from analysis.data.triggers.syntax import parse

KINDS = ("line", "identifier", "token")
# Plain words of every language; one that the text does not hold stands for "some name".
NEUTRAL = ("value", "item", "data", "obj", "entry", "thing")
MAX_TOKENS = 256  # tokens of one text that are left out, from its start: the window ends near there
_LONG_LINE = 120  # characters; beyond it the code has lost its line breaks
_CUT = re.compile(r"(?<=[;{}])[ \t]+")
_TOKEN = re.compile(r"[A-Za-z_$][\w$]*|\d[\w.]*|[^\w\s]+")
_WORD = re.compile(r"(?<![\w$.])[A-Za-z_$][\w$]*(?![\w$])")


class Piece(NamedTuple):
    """One thing to take away, and the text without it."""

    kind: str  # one of KINDS
    text: str  # what is taken away
    start: int  # characters; of a name its first place
    end: int
    variant: str  # the sample without it


def pieces_of(text: str, kinds: Sequence[str], language: str) -> list[Piece]:
    """Every piece of a sample, in the order of `kinds` and then of the text.

    Args:
        text: one sample.
        kinds: of KINDS.
        language: "python", "c", "java" or "text"; names are found by syntax tree, and by their
            looks where the text does not parse.
    """
    makers = {"line": _lines, "identifier": _names, "token": _tokens}
    return [piece for kind in kinds for piece in makers[kind](text, language)]


def _lines(text: str, _: str) -> Iterator[Piece]:
    spans = [span for span in _line_spans(text) if any(c.isalnum() for c in text[slice(*span)])]
    if len(spans) < 2:  # without its only line nothing is left to compare
        return
    for start, end in spans:
        inner = text[start:end]
        first = start + len(inner) - len(inner.lstrip())
        last = start + len(inner.rstrip())
        yield Piece("line", text[first:last], first, last, text[:start] + text[end:])


def _line_spans(text: str) -> Iterator[tuple[int, int]]:
    """Lines with their ends; very long ones cut behind `;`, `{` and `}`."""
    start = 0
    for line in text.splitlines(keepends=True):
        cuts = [m.end() for m in _CUT.finditer(line)] if len(line) > _LONG_LINE else []
        for low, high in zip([0, *cuts], [*cuts, len(line)], strict=True):
            if high > low:
                yield start + low, start + high
        start += len(line)


def _names(text: str, language: str) -> Iterator[Piece]:
    neutral = next((name for name in NEUTRAL if not holds_word(text, name)), None)
    if neutral is None or language == "text":
        return
    for name, spots in _spots(text, language):
        pieces, last = [], 0
        for spot in spots:
            pieces += [text[last:spot], neutral]
            last = spot + len(name)
        variant = "".join([*pieces, text[last:]])
        yield Piece("identifier", name, spots[0], spots[0] + len(name), variant)


def _spots(text: str, language: str) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Names that a trigger could have put in, and where: variables and the function's own."""
    source = parse(text, language)
    if source is not None:
        own = function_name(source)
        yield from local_variables(source)
        if own is not None:
            yield own
        return
    found: dict[str, list[int]] = {}
    for match in _WORD.finditer(text):
        if not keyword.iskeyword(match[0]):
            found.setdefault(match[0], []).append(match.start())
    yield from ((name, tuple(spots)) for name, spots in found.items())


def _tokens(text: str, _: str) -> Iterator[Piece]:
    found = list(_TOKEN.finditer(text))
    if len(found) < 2:
        return
    for match in found[:MAX_TOKENS]:
        start, end = match.span()
        # One blank goes as well, so that no double blank tells where something was.
        drop = end + (text[start - 1 : start] in ("", " ") and text[end : end + 1] == " ")
        yield Piece("token", match[0], start, end, text[:start] + text[drop:])
