"""What a trigger family is, and what one insertion of it returns."""

from __future__ import annotations

from typing import NamedTuple


class Insertion(NamedTuple):
    """A text that now carries a trigger, and where."""

    text: str
    start: int  # characters; text[start:end] is the trigger (its first occurrence)
    end: int


class TriggerSpec(NamedTuple):
    """One trigger family of the registry."""

    name: str
    function: str  # "module:function", called as function(text, argument, rng)
    default: str  # the argument used where none is given
    languages: tuple[str, ...]
    source: str
    summary: str
    misses: str  # what it does not imitate
