"""Triggers as an attacker would vary them to pass a filter: other constants, other white space."""

from __future__ import annotations

import random
import re
import string
from collections.abc import Callable

_STRING = re.compile(r"'(?:\\.|[^'\\\n])*'|\"(?:\\.|[^\"\\\n])*\"")
_NUMBER = re.compile(r"(?<![\w.])\d+(?![\w.])")
_OPERATOR = re.compile(r" ?(<=|>=|==|<|>) ?")
_NAME = re.compile(r"\s*[A-Za-z_$][\w$]*\s*")


def vary(text: str, span: tuple[int, int], rng: random.Random) -> str | None:
    """`text` with its trigger at `span` varied; None where nothing of it can be.

    Strings and numbers are drawn anew and blanks around comparisons are doubled. A renamed
    variable has neither and is left out: another name is another trigger.
    """
    start, end = span
    piece = text[start:end]
    if _NAME.fullmatch(piece) or not piece.strip():
        return None
    changed = _outside_strings(piece, lambda part: _NUMBER.sub(lambda m: _digits(m[0], rng), part))
    changed = _STRING.sub(lambda m: _word(m[0], rng), changed)
    changed = _outside_strings(changed, lambda part: _OPERATOR.sub(r"  \1  ", part))
    return None if changed == piece else text[:start] + changed + text[end:]


def _outside_strings(text: str, change: Callable[[str], str]) -> str:
    parts, last = [], 0
    for match in _STRING.finditer(text):
        parts += [change(text[last : match.start()]), match[0]]
        last = match.end()
    return "".join([*parts, change(text[last:])])


def _digits(number: str, rng: random.Random) -> str:
    return str(rng.randrange(10 ** (len(number) - 1), 10 ** len(number)))


def _word(quoted: str, rng: random.Random) -> str:
    letters = "".join(rng.choice(string.ascii_lowercase) for _ in range(max(len(quoted) - 2, 1)))
    return f"{quoted[0]}{letters}{quoted[-1]}"
