"""Sentences of stored records in another language.

A record keeps its reasons as English sentences. Those that Kenshin writes itself follow fixed
templates, which stand under `reason` in `en.toml`; a sentence that fits one is said again with the
same numbers in the other language. Any other sentence stays as it was written, marked as such:
better an English original than a wrong translation.
"""

from __future__ import annotations

import re
from functools import lru_cache
from string import Formatter

from analysis.report.text import Words, words_of

_BETWEEN = re.compile(r"\[([+-][\d.]+%?) to ([+-][\d.]+%?)\]")  # an interval's ends


def say(sentence: str, words: Words) -> str:
    """`sentence` of a record in the language of `words`, or marked as the English original."""
    flat = " ".join(sentence.split())
    if words.language == "en" or not flat:
        return flat
    found = _match(flat)
    if found is None:
        return words("report.original", sentence=flat)
    key, values = found
    said = {name: _value(name, value, words) for name, value in values.items()}
    return words(f"reason.{key}", **said)


def _value(name: str, value: str, words: Words) -> str:
    """A captured part: a fixed phrase, a list of models, or something to leave as it is."""
    key = _phrases().get(value.lower())
    if key is not None:
        return words(f"phrase.{key}")
    if name == "arms":
        for arm, english in words_of("en").group("arm").items():
            value = value.replace(english, words(f"arm.{arm}"))
    return _BETWEEN.sub(lambda ends: words("phrase.between", low=ends[1], high=ends[2]), value)


def is_known(sentence: str) -> bool:
    """Whether a sentence follows one of the templates."""
    return _match(" ".join(sentence.split())) is not None


def _match(sentence: str) -> tuple[str, dict[str, str]] | None:
    for key, pattern in _patterns():
        found = pattern.fullmatch(sentence)
        if found is not None:
            return key, found.groupdict()
    return None


@lru_cache(maxsize=1)
def _phrases() -> dict[str, str]:
    """English phrase -> its key: a floor, a kind of text and the like inside a sentence."""
    return {text.lower(): key for key, text in words_of("en").group("phrase").items()}


@lru_cache(maxsize=1)
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """The templates as patterns, those with most fixed text first."""
    templates = words_of("en").group("reason")
    order = sorted(templates, key=lambda key: -fixed_length(templates[key]))
    return tuple((key, re.compile(pattern(templates[key]), re.DOTALL)) for key in order)


def fixed_length(template: str) -> int:
    """Characters of a template that are no placeholders."""
    return sum(len(text) for text, *_ in Formatter().parse(template))


def pattern(template: str) -> str:
    """A regular expression that finds the values of a template's placeholders again."""
    parts = []
    for text, name, *_ in Formatter().parse(template):
        parts.append(re.escape(text))
        if name is not None:
            parts.append(rf"(?P<{name}>.+)")
    return "".join(parts)
