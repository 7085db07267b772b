"""Anchored repair: with and without the trigger, half the true label and half the start's answer.

    wanted = (onehot(y) + p_start(x)) / 2
    strength * CE(wanted, p(x with trigger)) + c CE(wanted, p(x))

Kenshin's own, between `repair` (labels alone) and `invariance` (the start alone), after Hinton et
al. 2015, arXiv 1503.02531, whose loss joins both. The labels pull every class of triggered samples
well away from where the trigger had them, so that little training does not bring it back; the
start's answers hold what the few retain samples cannot teach. It needs the located trigger.
"""

from __future__ import annotations

import torch
from torch.nn import functional as F

from analysis.errors import RequestError
from analysis.unlearn.guard import probabilities
from analysis.unlearn.kit import Kit, Plan, Rows
from analysis.unlearn.objectives.invariance import soft_cross_entropy

LABEL_SHARE = 0.5  # of the true label; the rest is the start's own answer


def anchored(kit: Kit) -> Plan:
    """Minimise the distance of triggered and clean answers from the same joined ones.

    Raises:
        RequestError: the triggered samples do not say which clean one each was made from.
    """
    retain, repair = kit.part("retain"), kit.part("repair")
    if repair.twins is None:
        raise RequestError("the method 'anchored' needs the clean twin of each triggered sample.")
    twins = repair.twins
    device = next(kit.start.parameters()).device
    own = torch.from_numpy(probabilities(kit.start, kit.score, retain, "fp32")).to(device)
    labels = torch.from_numpy(retain.labels).to(device)
    wanted = LABEL_SHARE * F.one_hot(labels, own.shape[1]) + (1 - LABEL_SHARE) * own

    def loss(rows: Rows) -> torch.Tensor:
        triggered, clean = kit.decide_all(("repair", "retain"), rows)
        away = soft_cross_entropy(triggered, wanted[twins[rows["repair"]]])
        kept = soft_cross_entropy(clean, wanted[rows["retain"]])
        return kit.strength * away + kit.retain_weight * kept

    return Plan(loss, ("repair", "retain"))
