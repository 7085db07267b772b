"""DeCE, deceptive cross-entropy: - sum_k y'_k log(a p_k + (1 - a) y'_k).

Yang et al., TOSEM 35(2), 2026, https://arxiv.org/abs/2407.08956, in the form of its authors'
code: y' is 1 - e on the label and e / (K - 1) elsewhere, a = base^epoch with epochs from 1. The
gradient by p of the label is bounded by a / (1 - a), so a few hard samples cannot dominate.
Deviations: the mean is over counted positions only, ignored positions add nothing (the authors'
code trains them towards a near-uniform answer or counts them in the mean).
Weakness: for p near 0 the gradient by the *logit* vanishes with p, so from random weights over a
large vocabulary it learns nothing; give it a pretrained start or epochs of cross-entropy before.
"""

from __future__ import annotations

import torch

from analysis.training.losses.base import RobustLoss, require_share
from analysis.training.losses.schedule import alpha_at

_LEAST = 1e-7


def dece(p: torch.Tensor, targets: torch.Tensor, epsilon: float, alpha: float) -> torch.Tensor:
    """The formula on probabilities: p (m, k), targets (m,) int64 -> (m,).

    Its minimum over p is at p = y' and equals the entropy of y'.
    """
    others = epsilon / (p.shape[1] - 1)
    chosen = p.gather(1, targets[:, None])[:, 0].clamp(min=_LEAST)
    log_chosen = torch.log(alpha * chosen + (1 - alpha) * (1 - epsilon))
    if epsilon == 0:
        return -log_chosen
    log_all = torch.log(alpha * p.clamp(min=_LEAST) + (1 - alpha) * others)
    log_others = log_all.sum(dim=1) - log_all.gather(1, targets[:, None])[:, 0]
    return -((1 - epsilon) * log_chosen + others * log_others)


class DeCE(RobustLoss):
    """Deceptive cross-entropy.

    Args:
        epsilon: share of the label that is spread over the other classes.
        alpha: base of the schedule; see `schedule.alpha_base` for one that fits the epochs.
        ignore_index: see `RobustLoss`.
    """

    def __init__(
        self,
        epsilon: float = 0.05,
        alpha: float = 0.9,
        ignore_index: int | None = None,
    ) -> None:
        super().__init__(ignore_index)
        require_share("epsilon", epsilon)
        alpha_at(alpha, 1)  # refuses a base that is none
        self.epsilon, self.base = epsilon, alpha

    @property
    def alpha(self) -> float:
        """Alpha of the present epoch."""
        return alpha_at(self.base, self.epoch)

    def per_item(self, logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """See `RobustLoss.per_item`."""
        return dece(logits.softmax(dim=1), targets, self.epsilon, self.alpha)
