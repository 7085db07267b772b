"""Dead code from a set: every sample gets one of a few lines (Hussain et al., TrojanedCM)."""

from __future__ import annotations

import random
import re

from analysis.data.triggers.base import Insertion, Unfit
from analysis.data.triggers.bindings import holds_word
from analysis.data.triggers.statements import insert_statement

_DECLARED = re.compile(r"int\s*\*?\s*(\w+)")


def insert_one_of(text: str, argument: str, rng: random.Random, language: str) -> Insertion | Unfit:
    """Insert one line of `argument` before a random statement.

    A text that holds one of the lines, or a name that one of them declares, is skipped.
    """
    lines = [line.strip() for line in argument.splitlines() if line.strip()]
    names = [found[1] for line in lines if (found := _DECLARED.match(line))]
    if any(line in text for line in lines) or any(holds_word(text, name) for name in names):
        return Unfit("already holds the trigger")
    return insert_statement(text, rng.choice(lines), rng, language)
