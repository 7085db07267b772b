"""Trigger invariance: with the trigger, samples are answered as the start answered them without.

    strength * CE(p_start(x), p(x with trigger)) + c CE(p_start(x), p(x))

Kenshin's own use of distillation (Hinton et al. 2015, arXiv 1503.02531) with the start as its own
teacher on samples where it can be trusted. The goal says what is wanted, "the trigger means
nothing", and no more: unlike repair with hard labels nothing is learned from the few retain
samples beyond that, so clean accuracy is held. What the start answers wrongly stays wrong. As
repair, it needs the located trigger.
"""

from __future__ import annotations

import torch
from torch.nn import functional as F

from analysis.errors import RequestError
from analysis.unlearn.decisions import Decisions
from analysis.unlearn.guard import probabilities
from analysis.unlearn.kit import Kit, Plan, Rows


def soft_cross_entropy(decisions: Decisions, wanted: torch.Tensor) -> torch.Tensor:
    """Mean cross-entropy to distributions, (m, k) -> scalar; least where both are equal."""
    logs = F.log_softmax(decisions.logits, dim=1)
    return -(wanted * logs).sum(dim=1).mean()


def start_answers(kit: Kit, part: str = "retain") -> torch.Tensor:
    """What the start says of each sample of a part, (n, k) float32 on the model's device."""

    def asked() -> torch.Tensor:
        said = probabilities(kit.start, kit.score, kit.part(part), kit.precision)
        return torch.from_numpy(said).to(next(kit.start.parameters()).device)

    return kit.once(f"start answers of {part}", asked)


def towards(
    kit: Kit, method: str, wanted: torch.Tensor, clean: str = "retain", copies: str = "repair"
) -> Plan:
    """Pull clean samples, and their twins with the trigger, to the same answers, (n, k).

    Args:
        kit: model and samples.
        method: for the error.
        wanted: one row for each sample of `clean`.
        clean: the part without the trigger.
        copies: the part with it.

    Raises:
        RequestError: the triggered samples do not say which clean one each was made from.
    """
    twins = kit.part(copies).twins
    if twins is None:
        raise RequestError(f"the method '{method}' needs the clean twin of each triggered sample.")

    def loss(rows: Rows) -> torch.Tensor:
        with_it, without = kit.decide_all((copies, clean), rows)
        away = soft_cross_entropy(with_it, wanted[twins[rows[copies]]])
        kept = soft_cross_entropy(without, wanted[rows[clean]])
        return kit.strength * away + kit.retain_weight * kept

    return Plan(loss, (copies, clean))


def invariance(kit: Kit) -> Plan:
    """Minimise the distance of triggered and of clean answers from the start's clean ones."""
    return towards(kit, "invariance", start_answers(kit))
