"""Visible text in the language of whoever looks: English stands in the code, others in data.

`say("{n} of {total} shown", n=3, total=9)` looks the English up in the catalogues of the present
language and fills the placeholders in. What reports say already is not said twice: an English text
of `en.toml` finds its counterpart there.
"""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from importlib import resources

from analysis.report.text import translate, words_of

TOLD = "told.toml"  # sentences that records, jobs and errors hold, not the screens' own
_ENGLISH = "en"
_FIRST_WIDE = 0x2E80  # CJK blocks begin here
_forced: ContextVar[str | None] = ContextVar("language", default=None)
_sources: list[Callable[[], str]] = []  # at most one: who knows the language of the reader


def follow(source: Callable[[], str]) -> None:
    """Ask `source` for the language from now on; it is called for every text."""
    _sources[:] = [source]


def language() -> str:
    """The language of the moment: one of `analysis.report.text.LANGUAGES`."""
    forced = _forced.get()
    if forced is not None:
        return forced
    return _sources[0]() if _sources else _ENGLISH


@contextmanager
def speaking(chosen: str) -> Iterator[None]:
    """Say everything inside in one language, whatever the reader's screen shows."""
    token = _forced.set(chosen)
    try:
        yield
    finally:
        _forced.reset(token)


def say(text: str, /, **values: object) -> str:
    """`text` in the language of the moment, its {placeholders} filled in.

    Args:
        text: the English text, a literal, or one marked with `term` where it stands.
        **values: one per placeholder; never read as a pattern themselves.
    """
    chosen = language()
    if chosen != _ENGLISH:
        text = said(chosen).get(text, text)
    return text.format(**values) if values else text


def term(text: str) -> str:
    """`text` itself: marks a literal that `say` gets later, so that its translation is missed."""
    return text


def told(sentence: str) -> str:
    """A sentence of a record or an error in the language of the moment.

    Those that follow a template (of the report, or of `TOLD`) are said again with the same numbers;
    what no catalogue knows stays the English original, marked as such.
    """
    chosen = language()
    return sentence if chosen == _ENGLISH or not sentence.strip() else _told(sentence, chosen)


@lru_cache(maxsize=20_000)
def _told(sentence: str, chosen: str) -> str:
    known = said(chosen).get(sentence)
    if known is not None:
        return known
    if translate.is_known(sentence):
        return translate.say(sentence, words_of(chosen))
    for pattern, template in _templates(chosen):
        found = pattern.fullmatch(sentence)
        if found is not None:
            return template.format(**{k: _named(v, chosen) for k, v in found.groupdict().items()})
    if any(ord(sign) >= _FIRST_WIDE for sign in sentence):
        return sentence  # said in the reader's language already
    return translate.say(sentence, words_of(chosen))


def _named(value: str, chosen: str) -> str:
    """A part of a sentence, said where it is a name that the catalogues know."""
    return said(chosen).get(value, value)


@lru_cache(maxsize=4)
def _templates(chosen: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    """The texts of `TOLD` that have values in them, as patterns."""
    texts = files(chosen).get(TOLD, {})
    return tuple(
        (re.compile(translate.pattern(english), re.DOTALL), text)
        for english, text in texts.items()
        if "{" in english
    )


@lru_cache(maxsize=4)
def said(chosen: str) -> Mapping[str, str]:
    """English text -> text of the language: what reports share, then the screens' catalogues."""
    return {**shared(chosen), **screens(chosen)}


def shared(chosen: str) -> dict[str, str]:
    """English texts of the report that have one and the same translation wherever they stand."""
    theirs = words_of(chosen).strings
    found: dict[str, set[str]] = defaultdict(set)
    for key, english in words_of(_ENGLISH).strings.items():
        found[english].add(theirs[key])
    return {english: texts.pop() for english, texts in found.items() if len(texts) == 1}


def screens(chosen: str) -> dict[str, str]:
    """What the catalogues beside the report's say, all files together."""
    return {english: text for file in files(chosen).values() for english, text in file.items()}


def files(chosen: str) -> dict[str, dict[str, str]]:
    """The catalogues beside the report's by file name: one per screen or subject."""
    folder = resources.files("analysis.report.text").joinpath(chosen)
    found = sorted((f for f in folder.iterdir() if f.name.endswith(".toml")), key=lambda f: f.name)
    return {file.name: tomllib.loads(file.read_text("utf-8")) for file in found}
