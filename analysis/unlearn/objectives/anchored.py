"""Anchored repair: with and without the trigger, half the true label and half a trusted answer.

    wanted = (onehot(y) + p(x)) / 2
    strength * CE(wanted, p_now(x with trigger)) + c CE(wanted, p_now(x))

p is the mean of the clean models that are known, and without any what the start itself says: a
poisoned start leans to its target even without the trigger, which its own answers would keep.
Kenshin's own, between `repair` (labels alone) and `invariance` (the start alone), after Hinton et
al. 2015, arXiv 1503.02531, whose loss joins both. The labels pull every class of triggered samples
well away from where the trigger had them, so that little training does not bring it back; the
answers hold what the few retain samples cannot teach. It needs the located trigger.
"""

from __future__ import annotations

import torch
from torch.nn import functional as F

from analysis.unlearn.kit import Kit, Plan
from analysis.unlearn.objectives.invariance import answers, towards

LABEL_SHARE = 0.5  # of the true label; the rest is the trusted answer


def anchored(kit: Kit) -> Plan:
    """Minimise the distance of triggered and clean answers from the same joined ones.

    Raises:
        RequestError: the triggered samples do not say which clean one each was made from.
    """
    trusted = kit.once("trusted answers", lambda: answers(kit, *(kit.clean or (kit.start,))))
    labels = torch.from_numpy(kit.part("retain").labels).to(trusted.device)
    wanted = LABEL_SHARE * F.one_hot(labels, trusted.shape[1]) + (1 - LABEL_SHARE) * trusted
    return towards(kit, "anchored", wanted)
