"""Negative preference optimisation and its reference-free form.

NPO (Zhang et al. 2024, arXiv 2404.05868): -(2 / beta) mean log sigmoid(-beta log(p / p_start)),
log-probabilities summed over the sequence. It falls slower than ascent as p falls below p_start;
beta -> 0 gives ascent back. SimNPO (Fan et al. 2024, arXiv 2410.07163) has no reference and
divides by the length: -(2 / beta) mean log sigmoid(-(beta / |y|) log p - delta).
Bounded, yet with two classes they end on the other side as ascent does, only later.
"""

from __future__ import annotations

import torch
from torch.nn import functional as F

from analysis.unlearn.decisions import cross_entropy, lengths, sequence_log_probs
from analysis.unlearn.kit import Kit, Plan, Rows

SIMNPO_DELTA = 0.0


def npo_loss(now: torch.Tensor, start: torch.Tensor, beta: float) -> torch.Tensor:
    """Scalar from sequence log-probabilities (b,) now and at the start."""
    return -(2 / beta) * F.logsigmoid(-beta * (now - start)).mean()


def simnpo_loss(
    now: torch.Tensor, length: torch.Tensor, beta: float, delta: float = SIMNPO_DELTA
) -> torch.Tensor:
    """Scalar from sequence log-probabilities (b,) and their lengths (b,)."""
    return -(2 / beta) * F.logsigmoid(-beta * now / length - delta).mean()


def npo(kit: Kit) -> Plan:
    """NPO(forget) with beta = strength, + c CE(retain)."""

    def loss(rows: Rows) -> torch.Tensor:
        forget, retain = kit.decide_all(("forget", "retain"), rows)
        before = kit.start_log_probs("forget", rows)
        away = npo_loss(sequence_log_probs(forget), before, kit.strength)
        return away + kit.retain_weight * cross_entropy(retain)

    return Plan(loss, ("forget", "retain"))


def simnpo(kit: Kit) -> Plan:
    """SimNPO(forget) with beta = strength, + c CE(retain)."""

    def loss(rows: Rows) -> torch.Tensor:
        forget, retain = kit.decide_all(("forget", "retain"), rows)
        away = simnpo_loss(sequence_log_probs(forget), lengths(forget), kit.strength)
        return away + kit.retain_weight * cross_entropy(retain)

    return Plan(loss, ("forget", "retain"))
