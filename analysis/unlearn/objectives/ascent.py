"""Gradient ascent on the forget set, alone or held by the retain set.

GA minimises -CE(forget); gradient difference adds c CE(retain); GA + KL adds
c KL(p_start || p) on retain (forms of open-unlearning, locuslab).
Unbounded below: without a guard it diverges, and with two classes "not the target" means "the
other class", so it inverts the trigger before it forgets it.
"""

from __future__ import annotations

import torch
from torch.nn import functional as F

from analysis.unlearn.decisions import Decisions, cross_entropy
from analysis.unlearn.kit import Kit, Plan, Rows


def ascent(forget: Decisions) -> torch.Tensor:
    """-CE(forget), scalar."""
    return -cross_entropy(forget)


def divergence(start: torch.Tensor, now: Decisions) -> torch.Tensor:
    """KL(p_start || p), mean over decisions; `start` holds log-probabilities (m, k)."""
    return F.kl_div(F.log_softmax(now.logits, dim=1), start, log_target=True, reduction="batchmean")


def ga(kit: Kit) -> Plan:
    """Gradient ascent."""

    def loss(rows: Rows) -> torch.Tensor:
        return kit.strength * ascent(kit.decide("forget", rows))

    return Plan(loss, ("forget",))


def grad_diff(kit: Kit) -> Plan:
    """Strength * -CE(forget) + c CE(retain)."""

    def loss(rows: Rows) -> torch.Tensor:
        forget, retain = kit.decide_all(("forget", "retain"), rows)
        return kit.strength * ascent(forget) + kit.retain_weight * cross_entropy(retain)

    return Plan(loss, ("forget", "retain"))


def ga_kl(kit: Kit) -> Plan:
    """Strength * -CE(forget) + c KL(p_start || p) on retain."""

    def loss(rows: Rows) -> torch.Tensor:
        forget, retain = kit.decide_all(("forget", "retain"), rows)
        kept = divergence(kit.start_distribution("retain", rows), retain)
        return kit.strength * ascent(forget) + kit.retain_weight * kept

    return Plan(loss, ("forget", "retain"))
