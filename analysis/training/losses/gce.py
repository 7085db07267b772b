"""Generalised cross-entropy: (1 - p^q) / q of the label's probability p.

Zhang and Sabuncu, 2018, https://arxiv.org/abs/1805.07836, equation 6. q -> 0 is cross-entropy,
q = 1 the mean absolute error; the gradient by the logit of the label is at most p^q (1 - p).
Weakness: samples with small p hardly pull, also the clean hard ones: from random weights over a
large vocabulary it learns as little as DeCE does.
"""

from __future__ import annotations

import torch
from torch.nn import functional as F

from analysis.errors import RequestError
from analysis.training.losses.base import RobustLoss


class GeneralisedCrossEntropy(RobustLoss):
    """Between cross-entropy (q near 0) and absolute error (q = 1)."""

    def __init__(self, q: float = 0.7, ignore_index: int | None = None) -> None:
        super().__init__(ignore_index)
        if not 0 < q <= 1:
            raise RequestError(f"q is {q}, expected above 0 to 1.")
        self.q = q

    def per_item(self, logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """See `RobustLoss.per_item`."""
        log_p = F.log_softmax(logits, dim=1).gather(1, targets[:, None])[:, 0]
        # expm1 keeps the digits where p^q is close to 1
        return -torch.expm1(self.q * log_p) / self.q
