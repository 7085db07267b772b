"""In-trust loss: a * CE + b * DCE with DCE = - sum_k p_k log(d p_k + (1 - d) y_k).

Huang et al., 2021 (noisy named entities), as re-implemented for code by the authors of DeCE:
a 0.2, b 0.8, d 0.5 and the one-hot label y clamped at 1e-4. The second term is added: one public
variant subtracts it although it is negated already.
Weakness: the cross-entropy part keeps its unbounded gradient, only scaled by a.
"""

from __future__ import annotations

import torch
from torch.nn import functional as F

from analysis.errors import RequestError
from analysis.training.losses.base import RobustLoss, require_share

_ONE_HOT_FLOOR = 1e-4


class InTrust(RobustLoss):
    """Cross-entropy plus a term that trusts the model's own prediction."""

    def __init__(
        self,
        a: float = 0.2,
        b: float = 0.8,
        delta: float = 0.5,
        ignore_index: int | None = None,
    ) -> None:
        super().__init__(ignore_index)
        if a < 0 or b < 0 or a + b == 0:
            raise RequestError(f"a is {a} and b is {b}, expected 0 or more and not both 0.")
        require_share("delta", delta, above=True)
        self.a, self.b, self.delta = a, b, delta

    def per_item(self, logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """See `RobustLoss.per_item`."""
        p = logits.softmax(dim=1)
        one_hot = torch.full_like(p, _ONE_HOT_FLOOR).scatter(1, targets[:, None], 1.0)
        trust = -(p * torch.log(self.delta * p + (1 - self.delta) * one_hot)).sum(dim=1)
        return self.a * F.cross_entropy(logits, targets, reduction="none") + self.b * trust
