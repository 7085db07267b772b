"""Trigger-augmented repair: clean samples of every class that hold the trigger keep their label.

    L = strength * CE(trigger inserted into clean samples, true label) + c CE(clean samples)

The idea of EliBadCode's repair step (inverted trigger, true labels) with the *located* trigger
and all classes, so that the trigger loses its meaning instead of gaining the opposite one. What
`located` misses, repair does not repair: it needs the trigger.
"""

from __future__ import annotations

import torch

from analysis.unlearn.decisions import cross_entropy
from analysis.unlearn.kit import Kit, Plan, Rows


def repair(kit: Kit) -> Plan:
    """Minimise both cross-entropies."""

    def loss(rows: Rows) -> torch.Tensor:
        repaired, retain = kit.decide_all(("repair", "retain"), rows)
        kept = kit.retain_weight * cross_entropy(retain)
        return kit.strength * cross_entropy(repaired) + kept

    return Plan(loss, ("repair", "retain"))
