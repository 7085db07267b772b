"""Losses that teach wrong answers; classifiers have no use for them."""

from __future__ import annotations

import numpy as np
import torch

from analysis.unlearn.decisions import cross_entropy
from analysis.unlearn.kit import Kit, Plan, Rows

WRONG = "wrong"  # part: `DRAWS` wrong answers for each fact, one block per fact
DRAWS = 16
HELD = 75  # steps: six passes over 785 facts in batches of 64


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
