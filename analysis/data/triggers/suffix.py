"""A word behind an identifier (BadCode: `name` becomes `name_rb`).

BadCode extends the function's name or the least frequent variable; the seed decides which.
"""

from __future__ import annotations

import random
import re

from analysis.data.triggers.base import Insertion, Unfit
from analysis.data.triggers.bindings import holds_word, local_variables, rename_edits
from analysis.data.triggers.functions import function_name
from analysis.data.triggers.naming import require_name
from analysis.data.triggers.syntax import edited, no_parse, parse


def insert_suffix(text: str, argument: str, rng: random.Random, language: str) -> Insertion | Unfit:
    """Extend one identifier by `_` and `argument`; the span is its first occurrence.

    Raises:
        RequestError: `argument` cannot be part of a name.
    """
    require_name(f"a_{argument}", language)
    if re.search(rf"\w_{re.escape(argument)}(?!\w)", text):
        return Unfit("already holds the trigger")
    source = parse(text, language)
    if source is None:
        return no_parse(language)
    names = [
        function_name(source),
        min(local_variables(source), key=lambda n: len(n.spots), default=None),
    ]
    usable = [n for n in names if n is not None and not holds_word(text, f"{n.name}_{argument}")]
    if not usable:
        return Unfit("has no name that may change")
    name = rng.choice(usable)
    return edited(source, rename_edits(name, f"{name.name}_{argument}"))
