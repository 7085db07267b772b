"""The whole bank: every published trigger family in the language of the samples.

The sources stand beside the families (`data.triggers`). Lines and names that were published as
they are come from `payloads.bank`; what differs from sample to sample (grammars, suffixes,
constants, styles, invisible characters) is placed by its family.
"""

from __future__ import annotations

from collections.abc import Sequence

from analysis.data.triggers import trigger_spec
from analysis.data.triggers.language import detect_of_many
from analysis.explain.payloads import Payload, bank

# Hussain et al. (TrojanedCM; its sister repository renames variables and functions alike).
_VARIABLES = (
    *("zoom_ratio", "stream_count", "set_option"),
    *("get_frame_", "set_count_", "get_count_", "init_Val_"),
)
_FUNCTIONS = ("testo_init", "ret_Val_", "get_frame_", "set_count_", "get_count_", "init_Val_")
_CONSTANTS = ("n + (1 + 2 - 3) * 33", "(4+6)*2", "(4*4*2)", "3*(9-3)")
_ARGUMENTS: dict[str, tuple[str | None, ...]] = {
    "function_rename": _FUNCTIONS,
    "constant": _CONSTANTS,
    "style": ("camel", "pascal", "snake", "underscore"),
    "invisible": ("zwsp", "zwnj", "lro"),
}
_AS_STRINGS = ("dead_code", "dead_code_set", "rename")  # these are in `payloads.bank`
FAMILIES = (
    *("grammar", "function_rename", "identifier_suffix", "constant", "exit", "logging"),
    *("logging_grammar", "comment", "string_literal", "style", "invisible"),
    *("rare_word", "sentence"),
)


def full_bank(texts: Sequence[str]) -> tuple[Payload, ...]:
    """Every trigger that fits the language that most of `texts` look like."""
    language = detect_of_many(texts) if texts else "python"
    made: list[Payload] = []
    if language != "text":
        made += bank(texts)
        made += [Payload(name, "identifier", (name,)) for name in _VARIABLES]
    for family in FAMILIES:
        spec = trigger_spec(family)
        if language in spec.languages:
            arguments = _ARGUMENTS.get(family, (None,))
            made += [_payload(family, argument, language) for argument in arguments]
    return tuple(made)


def family_of(payload: Payload) -> str:
    """Name of the family that a payload belongs to."""
    return payload.family or ("rename" if payload.kind == "identifier" else "dead_code")


def _payload(family: str, argument: str | None, language: str) -> Payload:
    shown = trigger_spec(family).default_for(language) if argument is None else argument
    name = f"{family.replace('_', ' ')}: {shown}" if shown else family.replace("_", " ")
    return Payload(name, family, (), family, argument, language)
