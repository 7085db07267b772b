"""The ways of unlearning facts that are measured, and the settings of each.

Losses are those of `analysis.unlearn`, on the answer tokens of a causal model; what classifiers
have no use for (wrong answers instead of wrong classes) stands here.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from analysis.errors import RequestError
from analysis.unlearn.decisions import cross_entropy
from analysis.unlearn.kit import Kit, Plan, Rows

WRONG = "wrong"  # part: `DRAWS` wrong answers for each fact, one block per fact
DRAWS = 16
HELD = 75  # steps: six passes over 785 facts in batches of 64


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

    def resolve(self) -> Callable[[Kit], Plan]:
        """The function that builds the loss."""
        module, name = self.function.split(":")
        found: Callable[[Kit], Plan] = getattr(importlib.import_module(module), name)
        return found


def random_answers(kit: Kit) -> Plan:
    """RIA: cross-entropy of a new wrong answer at every step, + c CE(retain)."""
    rng = np.random.default_rng([kit.seed, 17])

    def loss(rows: Rows) -> torch.Tensor:
        drawn = rows["forget"] * DRAWS + rng.integers(DRAWS, size=len(rows["forget"]))
        wrong, retain = kit.decide_all((WRONG, "retain"), {**rows, WRONG: drawn})
        return kit.strength * cross_entropy(wrong) + kit.retain_weight * cross_entropy(retain)

    return Plan(loss, ("forget", "retain"))


def fixed_wrong(kit: Kit) -> Plan:
    """FWF: cross-entropy of one wrong answer for each fact, always the same, + c CE(retain)."""

    def loss(rows: Rows) -> torch.Tensor:
        first = rows["forget"] * DRAWS
        wrong, retain = kit.decide_all((WRONG, "retain"), {**rows, WRONG: first})
        return kit.strength * cross_entropy(wrong) + kit.retain_weight * cross_entropy(retain)

    return Plan(loss, ("forget", "retain"))


def overwrite(kit: Kit) -> Plan:
    """Kenshin's own: wrong answers that are held for `HELD` steps and then drawn anew.

    An answer that changes at every step teaches the model to say anything at all, one that never
    changes lays a single new fact over the old one; both leave the old one below. Several new facts
    in turn, each learned at a high rate, wear it down.
    """
    rng = np.random.default_rng([kit.seed, 23])
    count = len(kit.part("forget"))
    drawn, steps = np.zeros(count, dtype=np.int64), 0

    def loss(rows: Rows) -> torch.Tensor:
        nonlocal drawn, steps
        if steps % HELD == 0:
            drawn = rng.integers(DRAWS, size=count)
        steps += 1
        chosen = rows["forget"] * DRAWS + drawn[rows["forget"]]
        wrong, retain = kit.decide_all((WRONG, "retain"), {**rows, WRONG: chosen})
        return kit.strength * cross_entropy(wrong) + kit.retain_weight * cross_entropy(retain)

    return Plan(loss, ("forget", "retain"))


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
        _RTT, needs_wrong=True,
    ),
    FactsMethod(
        "fixed_wrong", "One wrong answer each", f"{_OWN}:fixed_wrong", 3e-4, 200, 1.0, _RTT,
        needs_wrong=True,
    ),
    FactsMethod(
        "overwrite", "Overwriting in turns", f"{_OWN}:overwrite", 2e-3, 300, 1.0, "Kenshin's own",
        needs_wrong=True,
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
