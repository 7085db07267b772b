"""A logging loop over nothing, directly behind the signature (Wan et al., FSE 2022)."""

from __future__ import annotations

import random
import string

from analysis.data.triggers.base import Insertion, Unfit
from analysis.data.triggers.bindings import holds_word, local_variables
from analysis.data.triggers.statements import insert_statement
from analysis.data.triggers.syntax import Source, no_parse, nodes, parse

LEVELS = ("debug", "info", "warning", "error", "critical")
_MESSAGE = "Test message:"
_FIXED = ("info", "aaaaa", 0)
_JAVA_LEVELS = {
    "debug": "fine",
    "info": "info",
    "warning": "warning",
    "error": "severe",
    "critical": "severe",
}


def insert_logging(
    text: str, argument: str, rng: random.Random, language: str
) -> Insertion | Unfit:
    """Insert the published loop, or `argument` in its place."""
    return _insert(text, argument or log_lines(language, *_FIXED), rng, language)


def insert_drawn_logging(
    text: str, argument: str, rng: random.Random, language: str
) -> Insertion | Unfit:
    """Insert a loop with a random negative range, level and five letters."""
    del argument  # the grammar is the trigger
    word = "".join(rng.choices(string.ascii_lowercase, k=5))
    lines = log_lines(language, rng.choice(LEVELS), word, -rng.randint(1, 100))
    return _insert(text, lines, rng, language)


def log_lines(language: str, level: str, word: str, bound: int) -> str:
    """The loop in `language`; its body never runs, because `bound` is at most 0."""
    if language == "python":
        call = f'logging.{level}("{_MESSAGE}{word}")'
        return f"import logging\nfor i in range({bound}):\n    {call}"
    if language == "c":
        return f'for (int i = 0; i < {bound}; i++) printf("{level} {_MESSAGE}{word}");'
    call = f'java.util.logging.Logger.getGlobal().{_JAVA_LEVELS[level]}("{_MESSAGE}{word}");'
    return f"for (int i = 0; i < {bound}; i++) {{ {call} }}"


def _insert(text: str, lines: str, rng: random.Random, language: str) -> Insertion | Unfit:
    if _MESSAGE in text or lines in text:
        return Unfit("already holds the trigger")
    source = parse(text, language)
    if source is None:
        return no_parse(language)
    if _is_bound(source):
        return Unfit("uses a name that the logging loop would bind")
    return insert_statement(text, lines, rng, language, first=True)


def _is_bound(source: Source) -> bool:
    """Whether the loop's own names mean something in the function already."""
    if source.language == "python":
        # The loop would make an outer `i` or `logging` local.
        local = {name.name for name in local_variables(source)}
        names = {"i", "logging"} - local
        return any(holds_word(source.text, name) for name in names) or "logging" in local
    if source.language == "java":
        parameters = (n for n in nodes(source.root) if n.type == "formal_parameter")
        names = {source.of(n) for p in parameters for n in p.children_by_field_name("name")}
        return "i" in names
    return False
