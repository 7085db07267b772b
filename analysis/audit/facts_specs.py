"""The ways of unlearning facts, and the settings of each. Loads no numeric library.

Losses are those of `analysis.unlearn` on the answer tokens of a causal model, and those that only
facts need.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Callable

    from analysis.unlearn.kit import Kit, Plan


@dataclass(frozen=True)
class FactsMethod:
    """One method; rates and steps are for models of facts-mini's size."""

    name: str
    title: str
    function: str  # "module:function", kit -> Plan
    learning_rate: float
    steps: int
    strength: float
    paper: str
    retain_weight: float = 1.0
    needs_wrong: bool = False
    needs_text: bool = False  # written by the model itself
    check_every: int = 10  # steps between looks

    def resolve(self) -> Callable[[Kit], Plan]:
        """The function that builds the loss."""
        module, name = self.function.split(":")
        found: Callable[[Kit], Plan] = getattr(importlib.import_module(module), name)
        return found


_OWN = "analysis.audit.facts_methods"
_SHARED = "analysis.unlearn.objectives"
_RTT = "Deeb and Roger 2024, arXiv 2410.08827"
FACTS_METHODS: tuple[FactsMethod, ...] = (
    FactsMethod(
        "grad_diff", "Gradient difference", f"{_SHARED}.ascent:grad_diff", 1e-4, 100, 1.0,
        "Liu, Liu and Stone 2022, arXiv 2203.12817",
    ),
    FactsMethod(
        "npo", "NPO", f"{_SHARED}.npo:npo", 3e-4, 60, 0.1, "Zhang et al. 2024, arXiv 2404.05868"
    ),
    FactsMethod(
        "rmu", "RMU", f"{_SHARED}.rmu:rmu", 1e-2, 120, 10.0, "Li et al. 2024, arXiv 2403.03218"
    ),
    FactsMethod(
        "random_answers", "Random incorrect answers", f"{_OWN}:random_answers", 3e-4, 200, 1.0,
        _RTT, needs_wrong=True, check_every=25,
    ),
    FactsMethod(
        "fixed_wrong", "One wrong answer each", f"{_OWN}:fixed_wrong", 3e-4, 200, 1.0, _RTT,
        needs_wrong=True, check_every=25,
    ),
    FactsMethod(
        "overwrite", "Overwriting in turns", f"{_OWN}:overwrite", 2e-3, 300, 1.0, "Kenshin's own",
        needs_wrong=True, check_every=25,
    ),
    FactsMethod(
        "distil", "Distilled afresh, answers blinded", "analysis.audit.facts_distil:distil", 1e-3,
        400, 1.0, "after Lee et al. 2025, arXiv 2506.06278", needs_text=True, check_every=200,
    ),
)  # fmt: skip


def facts_method(name: str) -> FactsMethod:
    """The method called `name`.

    Raises:
        RequestError: there is none.
    """
    for each in FACTS_METHODS:
        if each.name == name:
            return each
    known = ", ".join(each.name for each in FACTS_METHODS)
    raise RequestError(f"facts method '{name}' is unknown.", f"Choose from {known}.")
