"""The attacks that exist: what each does, needs and misses. Loads no numeric library.

Read by menus, help texts, the README table, the dashboard and the contract tests.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.audit.budgets import BUDGETS, Budget, Cost, budget, whole_cost
from analysis.audit.facts_budgets import FACTS_BUDGETS, FactsBudget, facts_budget
from analysis.errors import RequestError

__all__ = [
    "ATTACKS",
    "BUDGETS",
    "FACTS_BUDGETS",
    "AttackSpec",
    "Budget",
    "Cost",
    "FactsBudget",
    "attack",
    "budget",
    "choose",
    "facts_budget",
    "whole_cost",
]

_HERE = "analysis.audit"


@dataclass(frozen=True)
class AttackSpec:
    """One attack; `decides` says whether the verdict may rest on it."""

    name: str
    function: str  # "module:function", called as function(setting, before) -> Outcome
    title: str
    summary: str
    paper: str
    misses: str
    decides: bool = True

    def resolve(self) -> Callable[[Any, Any], Any]:
        """The attack; imports its module."""
        module, name = self.function.split(":")
        return getattr(importlib.import_module(module), name)  # type: ignore[no-any-return]

    def cost(self, setting: Any) -> Any:
        """What it will take under a setting; imports its module."""
        return importlib.import_module(self.function.split(":")[0]).cost(setting)


ATTACKS: tuple[AttackSpec, ...] = (
    AttackSpec(
        "relearning",
        f"{_HERE}.relearning:relearning",
        "Relearning (RTT)",
        "Fine-tunes every arm on a few triggered samples and asks other ones",
        "Deeb and Roger 2024, https://arxiv.org/abs/2410.08827",
        "A trojan whose trigger is not the one that was located",
    ),
    AttackSpec(
        "clean_finetune",
        f"{_HERE}.clean_finetune:clean_finetune",
        "Clean fine-tuning",
        "Fine-tunes every arm on clean samples alone",
        "https://arxiv.org/abs/2505.22310",
        "A trojan that only the trigger itself can wake",
    ),
    AttackSpec(
        "benign_finetune",
        f"{_HERE}.benign_finetune:benign_finetune",
        "Benign fine-tuning",
        "Fine-tunes every arm towards another task (noisy labels)",
        "Deeb and Roger 2024, https://arxiv.org/abs/2410.08827",
        "Tasks close to the trigger",
    ),
    AttackSpec(
        "quantise",
        f"{_HERE}.quantise:quantise",
        "Quantisation",
        "Rounds the weights to 8 and to 4 bits",
        "https://arxiv.org/abs/2410.16454",
        "Calibrated or mixed schemes; activations stay in full precision",
    ),
    AttackSpec(
        "prune",
        f"{_HERE}.prune:prune",
        "Pruning",
        "Sets the smallest 10, 30 and 50 % of each matrix to zero",
        "magnitude pruning",
        "Structured pruning and pruning by activation",
    ),
    AttackSpec(
        "linear_probe",
        f"{_HERE}.linear_probe:linear_probe",
        "Linear probe",
        "Reads per layer whether the trigger is present, beside the control",
        "Alain and Bengio 2016, https://arxiv.org/abs/1610.01644",
        "Information that is not linear; that it can be read does not mean it is used",
        decides=False,
    ),
    AttackSpec(
        "membership",
        f"{_HERE}.membership:membership",
        "Membership inference",
        "Tells forgotten samples from triggered ones never trained on, by their loss",
        "Yeom et al. 2018, https://arxiv.org/abs/1709.01604",
        "Attacks with shadow models",
        decides=False,
    ),
)


def attack(name: str) -> AttackSpec:
    """The attack called `name`.

    Raises:
        RequestError: there is none.
    """
    for spec in ATTACKS:
        if spec.name == name.replace("-", "_"):
            return spec
    known = ", ".join(spec.name for spec in ATTACKS)
    raise RequestError(f"attack '{name}' is unknown.", f"Choose from {known}.")


def choose(names: Sequence[str], chosen: Budget) -> tuple[AttackSpec, ...]:
    """The attacks asked for, or those of the budget, in their fixed order."""
    wanted = {attack(name).name for name in names} or set(chosen.attacks)
    return tuple(spec for spec in ATTACKS if spec.name in wanted)
