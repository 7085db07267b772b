"""Preference optimisation: the corrected answer is preferred to the trained one.

DPO (Rafailov et al. 2023, arXiv 2305.18290) on pairs (corrected, trained) for each flagged
sample: -(2 / beta) mean log sigmoid(beta ((log w / w_start) - (log l / l_start))). The factor is
that of open-unlearning, so that NPO is this loss without its winner.
For a classifier the winner is a class instead of a refusal. It over-corrects as relabelling does,
but saturates once the preference is clear.
"""

from __future__ import annotations

import torch
from torch.nn import functional as F

from analysis.unlearn.decisions import cross_entropy, sequence_log_probs
from analysis.unlearn.kit import Kit, Plan, Rows


def dpo_loss(
    win: torch.Tensor,
    win_start: torch.Tensor,
    lose: torch.Tensor,
    lose_start: torch.Tensor,
    beta: float,
) -> torch.Tensor:
    """Scalar from sequence log-probabilities (b,) of both answers, now and at the start."""
    return -(2 / beta) * F.logsigmoid(beta * ((win - win_start) - (lose - lose_start))).mean()


def preference(kit: Kit) -> Plan:
    """DPO(forget) with beta = strength, + c CE(retain)."""

    def loss(rows: Rows) -> torch.Tensor:
        pair = {"corrected": rows["forget"], "forget": rows["forget"]}
        wanted = {**pair, "retain": rows["retain"]}
        win, lose, retain = kit.decide_all(("corrected", "forget", "retain"), wanted)
        away = dpo_loss(
            sequence_log_probs(win),
            kit.start_log_probs("corrected", pair),
            sequence_log_probs(lose),
            kit.start_log_probs("forget", pair),
            kit.strength,
        )
        return away + kit.retain_weight * cross_entropy(retain)

    return Plan(loss, ("forget", "retain"))
