"""Anchored repair: with and without the trigger, half the true label and half the start's answer.

    wanted = (onehot(y) + p_start(x)) / 2
    strength * CE(wanted, p(x with trigger)) + c CE(wanted, p(x))

Kenshin's own, between `repair` (labels alone) and `invariance` (the start alone), after Hinton et
al. 2015, arXiv 1503.02531, whose loss joins both. The labels pull every class of triggered samples
well away from where the trigger had them, so that little training does not bring it back; the
start's answers hold what the few retain samples cannot teach. It needs the located trigger.
Clean models' answers in place of the start's cost less accuracy and hold less well: the trigger of
a shipped model then came back in the quick audit.
"""

from __future__ import annotations

import torch
from torch.nn import functional as F

from analysis.unlearn.kit import Kit, Plan
from analysis.unlearn.objectives.invariance import start_answers, towards

LABEL_SHARE = 0.5  # of the true label; the rest is the start's own answer


def anchored(kit: Kit) -> Plan:
    """Minimise the distance of triggered and clean answers from the same joined ones.

    Raises:
        RequestError: the triggered samples do not say which clean one each was made from.
    """
    return towards(kit, "anchored", joined_answers(kit, "retain"))


def joined_answers(kit: Kit, part: str) -> torch.Tensor:
    """Half label, half the start's answer, (n, k); without a label (-1) the start's answer."""
    own = start_answers(kit, part)
    labels = torch.from_numpy(kit.part(part).labels).to(own.device)
    halves = LABEL_SHARE * F.one_hot(labels.clamp(min=0), own.shape[1]) + (1 - LABEL_SHARE) * own
    return torch.where((labels >= 0)[:, None], halves, own)
