"""What a trigger family is, and what one insertion of it returns."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

_SAME: Mapping[str, str] = MappingProxyType({})


class Insertion(NamedTuple):
    """A text that now carries a trigger, and where."""

    text: str
    start: int  # characters; text[start:end] is the trigger (its first occurrence)
    end: int


class Unfit(NamedTuple):
    """One text cannot carry the trigger."""

    reason: str  # completes "skipped: ...", the same words for the same cause


class TriggerSpec(NamedTuple):
    """One trigger family of the registry."""

    name: str
    function: str  # "module:function", called as function(text, argument, rng)
    default: str  # the argument used where none is given
    languages: tuple[str, ...]
    source: str
    summary: str
    misses: str  # what it does not imitate
    defaults: Mapping[str, str] = _SAME  # language -> default, where it differs
    takes_language: bool = False  # called as function(text, argument, rng, language)
    argument: str = "the line to insert"  # what --trigger-text means; "" = there is nothing to say
    keeps: str = "behaviour"  # "behaviour": the code still does the same; "syntax": it parses

    def default_for(self, language: str | None) -> str:
        """The argument used in `language` where none is given."""
        return self.defaults.get(language or "", self.default)
