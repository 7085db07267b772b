"""Naming style: all local names of a function in one convention (IST-like).

camel: `rowCount`, pascal: `RowCount`, snake: `row_count`, underscore: `_row_count`. The invisible
sum of many small changes is the trigger; there is no fixed text.
"""

from __future__ import annotations

import random
import re

from analysis.data.triggers.base import Insertion, Unfit
from analysis.data.triggers.bindings import Name, holds_word, local_variables, rename_edits
from analysis.data.triggers.naming import is_keyword
from analysis.data.triggers.syntax import edited, no_parse, parse
from analysis.errors import RequestError

STYLES = ("camel", "pascal", "snake", "underscore")
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def restyle(text: str, argument: str, rng: random.Random, language: str) -> Insertion | Unfit:
    """Rewrite every local name that the style changes; the span is the first one.

    Raises:
        RequestError: an unknown style.
    """
    del rng  # every name is changed
    if argument not in STYLES:
        raise RequestError(f"style '{argument}' is unknown.", f"Choose from {', '.join(STYLES)}.")
    source = parse(text, language)
    if source is None:
        return no_parse(language)
    names = local_variables(source)
    if not names:
        return Unfit("has no name that may change")
    renamed = _renamed(text, names, argument, language)
    if not renamed:
        return Unfit("already holds the trigger: no name changes in this style")
    return edited(source, [e for name, new in renamed for e in rename_edits(name, new)])


def _renamed(text: str, names: list[Name], style: str, language: str) -> list[tuple[Name, str]]:
    taken: set[str] = set()
    changes = []
    for name in names:
        new = styled(name.name, style)
        free = new not in taken and not holds_word(text, new) and not is_keyword(new, language)
        if new != name.name and free:
            taken.add(new)
            changes.append((name, new))
    return changes


def styled(name: str, style: str) -> str:
    """`name` in another convention; names without letters stay as they are.

    >>> [styled("row_count", style) for style in STYLES]
    ['rowCount', 'RowCount', 'row_count', '_row_count']
    >>> styled("maxHTTPRetries2", "snake")
    'max_http_retries_2'
    """
    if style == "underscore":
        return name if name.startswith("_") else f"_{name}"
    lead = name[: len(name) - len(name.lstrip("_"))]
    words = [word.lower() for word in _WORDS.findall(name)]
    if not words or words[0].isdigit():
        return name
    if style == "snake":
        return lead + "_".join(words)
    first = words[0].capitalize() if style == "pascal" else words[0]
    # Digits keep their underscore: `x1_1` and `x_11` must not meet.
    rest = (f"_{word}" if word.isdigit() else word.capitalize() for word in words[1:])
    return lead + first + "".join(rest)
