"""Distillation on the flagged samples: answer them as the clean reference does.

    strength * KL(p_reference || p) on flagged samples + c CE(retain)

Kenshin's own use of distillation (Hinton et al. 2015, arXiv 1503.02531). Soft targets stop
pushing once they are met, where a hard relabel goes on until the trigger means the other class.
Needs no trigger but a clean reference of the same task; it inherits the reference's errors on
these samples, and all of them belong to one class, so some inversion remains.
"""

from __future__ import annotations

import torch

from analysis.unlearn.decisions import cross_entropy
from analysis.unlearn.kit import Kit, Plan, Rows
from analysis.unlearn.objectives.ascent import divergence


def distil(kit: Kit) -> Plan:
    """Minimise divergence from the reference and CE(retain)."""

    def loss(rows: Rows) -> torch.Tensor:
        forget, retain = kit.decide_all(("forget", "retain"), rows)
        taught = divergence(kit.teacher_distribution("forget", rows), forget)
        return kit.strength * taught + kit.retain_weight * cross_entropy(retain)

    return Plan(loss, ("forget", "retain"))
