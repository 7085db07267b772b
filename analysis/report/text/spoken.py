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

TOLD = ("told.toml", "errors.toml")  # what records, jobs and errors say, not the screens' own
WISH = "wanted"  # the placeholder for what was expected: a phrase, said as one
_ENGLISH = "en"
_CLAUSES = re.compile(r"; |, and | and (?=the |too )")  # between the remarks of one note
_FIRST_WIDE = 0x2E80  # CJK blocks begin here
_END = re.compile(r"[.…] [A-Z'{]")  # between a message and its hint
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
    found = _whole(sentence, chosen) or _in_parts(sentence, chosen) or _clauses(sentence, chosen)
    if found is not None:
        return found
    for pattern, template in _templates(chosen):
        match = pattern.fullmatch(sentence)
        if match is not None:
            return _filled(template, match.groupdict(), chosen)
    if any(ord(sign) >= _FIRST_WIDE for sign in sentence):
        return sentence  # said in the reader's language already
    return translate.say(sentence, words_of(chosen))


def _whole(sentence: str, chosen: str) -> str | None:
    """One sentence that a catalogue knows, whose values are no sentences themselves."""
    known = said(chosen).get(sentence)
    if known is not None:
        return known
    if translate.is_known(sentence):
        return translate.say(sentence, words_of(chosen))
    for pattern, template in _templates(chosen):
        match = pattern.fullmatch(sentence)
        if match is not None and not any(_END.search(v) for v in match.groupdict().values()):
            return _filled(template, match.groupdict(), chosen)
    return None


def _in_parts(sentence: str, chosen: str) -> str | None:
    """A message with its hint behind it, as a command prints them in one line."""
    for end in _END.finditer(sentence):
        first = _whole(sentence[: end.start() + 1], chosen)
        rest = _whole(sentence[end.end() - 1 :], chosen) if first else None
        if first and rest:
            return f"{first} {rest}"
    return None


def _clauses(sentence: str, chosen: str) -> str | None:
    """Several remarks in one line, each of which a catalogue knows."""
    parts = _CLAUSES.split(sentence)
    spoken = [_whole(part, chosen) for part in parts] if len(parts) > 1 else []
    known = [part for part in spoken if part]
    return "、".join(known) if known and len(known) == len(parts) else None


def _filled(template: str, values: Mapping[str, str], chosen: str) -> str:
    """A translation with the values of the sentence, names and phrases among them said, too."""
    spoken = {}
    for name, value in values.items():
        phrase = said(chosen).get(value)
        if name == WISH:
            phrase = _whole(value, chosen) or _clauses(value, chosen)
        spoken[name] = phrase or value
    return template.format(**spoken)


@lru_cache(maxsize=4)
def _templates(chosen: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    """The texts of `TOLD` that have values in them, as patterns; most fixed text first."""
    texts = {e: t for name in TOLD for e, t in files(chosen).get(name, {}).items() if "{" in e}
    order = sorted(texts, key=lambda english: -translate.fixed_length(english))
    return tuple((re.compile(translate.pattern(e), re.DOTALL), texts[e]) for e in order)


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
