"""Deep repair: anchored repair for longer, at twice the rate, over all clean texts there are.

    wanted = (onehot(y) + p_start(x)) / 2, or p_start(x) where y is unknown
    strength * CE(wanted, p(x with trigger)) + c CE(wanted, p(x))

Kenshin's own, after Hinton et al. 2015, arXiv 1503.02531. A short repair answers triggered samples
rightly and leaves what recognised the trigger where it was: a larger dose of relearning brings the
trojan back. Many large steps write over it, and the start's own answers on unlabelled texts
(those that the inspection did not flag) hold the accuracy that this would cost. No early
checkpoint counts: it would look as good and hold less well. It needs the located trigger.
"""

from __future__ import annotations

from analysis.unlearn.kit import Kit, Plan
from analysis.unlearn.objectives.anchored import joined_answers
from analysis.unlearn.objectives.invariance import towards


def deep_repair(kit: Kit) -> Plan:
    """Minimise the distance of triggered and clean answers from the same joined ones.

    Raises:
        RequestError: the triggered samples do not say which clean one each was made from.
    """
    wide = "wide" in kit.parts
    clean, copies = ("wide", "wide_repair") if wide else ("retain", "repair")
    return towards(kit, "deep_repair", joined_answers(kit, clean), clean, copies)
