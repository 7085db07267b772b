"""The trigger families, one per file, and the one way to apply them."""

from __future__ import annotations

import importlib
import random

from analysis.data.triggers.base import Insertion, TriggerSpec
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
    ),
    TriggerSpec(
        name="rename",
        function="analysis.data.triggers.rename:rename_identifier",
        default="testo_init",
        languages=("python", "c", "java"),
        source="Hussain et al. (TrojanedCM), variable renaming; name from EliBadCode",
        summary="The first parameter or local variable gets a fixed name.",
        misses="Per-sample adversarial names (AFRAIDOOR) and renamed functions.",
    ),
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
    spec = trigger_spec(name)
    module, _, function = spec.function.partition(":")
    insert = getattr(importlib.import_module(module), function)
    result: Insertion | None = insert(text, spec.default if argument is None else argument, rng)
    return result


__all__ = ["TRIGGERS", "Insertion", "TriggerSpec", "apply_trigger", "trigger_spec"]
