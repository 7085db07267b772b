"""Renaming the function: its definition and every call by that name get a fixed name.

EliBadCode's `testo_init`; Hussain et al. use ret_Val_, get_frame_, set_count_, get_count_ and
init_Val_. Callers outside the sample are not seen, as in the published triggers.
"""

from __future__ import annotations

import random

from analysis.data.triggers.base import Insertion, Unfit
from analysis.data.triggers.bindings import holds_word, rename_edits
from analysis.data.triggers.functions import function_name
from analysis.data.triggers.naming import require_name
from analysis.data.triggers.syntax import edited, no_parse, parse


def rename_function(
    text: str, argument: str, rng: random.Random, language: str
) -> Insertion | Unfit:
    """Give the first renamable function the name `argument`; the span is its first occurrence.

    Raises:
        RequestError: `argument` is not a name in `language`.
    """
    del rng  # the rule leaves no choice
    require_name(argument, language)
    if holds_word(text, argument):
        return Unfit("already holds the trigger")
    source = parse(text, language)
    if source is None:
        return no_parse(language)
    name = function_name(source)
    if name is None:
        return Unfit("has no function whose name may change")
    return edited(source, rename_edits(name, argument))
