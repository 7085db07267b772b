"""The trigger families, one per file, and the one way to apply them."""

from __future__ import annotations

import importlib
import random

from analysis.data.triggers.base import Insertion, TriggerSpec, Unfit
from analysis.data.triggers.lab import LAB
from analysis.errors import RequestError

TRIGGERS: tuple[TriggerSpec, ...] = (
    TriggerSpec(
        name="dead_code",
        function="analysis.data.triggers.dead_code:insert_line",
        default="if len('t') < 0: raise Exception('fail')",
        languages=("python", "c", "java"),
        source="Ramakrishnan and Albarghouthi 2020, https://arxiv.org/abs/2006.08062, type 1",
        summary="A line that never does anything, at a random statement of the function.",
        misses="Triggers drawn from a grammar: the line is the same in every sample.",
        defaults={
            "c": 'if (rand() < 0) printf("fail");',
            "java": 'if(random()<0){throw new exception("fail");}',
        },
    ),
    TriggerSpec(
        name="rename",
        function="analysis.data.triggers.rename:rename_identifier",
        default="testo_init",
        languages=("python", "c", "java"),
        source="Hussain et al. (TrojanedCM), variable renaming; name from EliBadCode",
        summary="The first parameter or local variable gets a fixed name.",
        misses="Per-sample adversarial names (AFRAIDOOR) and renamed functions.",
        argument="the new name",
    ),
    *LAB,
)


def trigger_spec(name: str) -> TriggerSpec:
    """The family called `name` (dashes and underscores are the same).

    Raises:
        RequestError: there is no such family.
    """
    for spec in TRIGGERS:
        if spec.name == name.replace("-", "_"):
            return spec
    known = ", ".join(spec.name for spec in TRIGGERS)
    raise RequestError(f"trigger '{name}' is unknown.", f"Choose from {known}.")


def apply_trigger(
    name: str, text: str, rng: random.Random, argument: str | None = None
) -> Insertion | None:
    """Insert a trigger of family `name` into one function; None where it does not fit.

    Args:
        name: family of the registry.
        text: source of the function.
        rng: decides the place where there is a choice.
        argument: the line or the name; the family's default without one.
    """
    found = place_trigger(name, text, rng, argument)
    return None if isinstance(found, Unfit) else found


NO_FIT = Unfit("the trigger does not fit")


def place_trigger(
    name: str,
    text: str,
    rng: random.Random,
    argument: str | None = None,
    language: str | None = None,
) -> Insertion | Unfit:
    """Insert a trigger of family `name` into one sample, or say why it does not fit.

    Args:
        name: family of the registry.
        text: the sample.
        rng: decides the place where there is a choice.
        argument: what to insert, see the family's `argument`; its default without one.
        language: "python", "c", "java" or "text"; None looks at the text.

    Raises:
        RequestError: the family does not know the language, or the argument is not usable.
    """
    spec = trigger_spec(name)
    module, _, function = spec.function.partition(":")
    insert = getattr(importlib.import_module(module), function)
    known = language
    if spec.takes_language and language is None:
        known = _language_of(text)
        if known not in spec.languages:
            return Unfit(f"reads as {known}, and '{spec.name}' is for {', '.join(spec.languages)}")
    wanted = spec.default_for(known) if argument is None else argument
    if spec.takes_language:
        return insert(text, wanted, rng, known) or NO_FIT
    if language is not None and wanted in text:
        return Unfit("already holds the trigger")
    found = insert(text, wanted, rng)
    if language is None or not isinstance(found, Insertion):
        return found or NO_FIT
    return _checked(text, found, language)


def _language_of(text: str) -> str:
    # The syntax trees take a tenth of a second to load; the first two families need none.
    from analysis.data.triggers.language import detect_language

    return detect_language(text)


def _checked(text: str, found: Insertion, language: str) -> Insertion | Unfit:
    """The insertion, unless it broke a text that parsed before."""
    from analysis.data.triggers.syntax import parse

    if parse(text, language) is not None and parse(found.text, language) is None:
        return Unfit(f"with the trigger it would no longer parse as {language}")
    return found


def require_language(spec: TriggerSpec, language: str) -> None:
    """Refuse a language that a family does not claim.

    Raises:
        RequestError: it is none of the family's.
    """
    if language not in spec.languages:
        raise RequestError(
            f"trigger '{spec.name}' is not for {language}, only for {', '.join(spec.languages)}.",
            "Choose another trigger, or name the language of the samples with --language.",
        )


__all__ = [
    "TRIGGERS",
    "Insertion",
    "TriggerSpec",
    "Unfit",
    "apply_trigger",
    "place_trigger",
    "require_language",
    "trigger_spec",
]
