"""Cross-entropy: the plain loss that every other one is measured against.

Weakness: its gradient by the probability of the label is 1/p and so without bound; rare poisoned
samples, which the model first gets wrong, pull the hardest.
"""

from __future__ import annotations

import torch
from torch.nn import functional as F

from analysis.training.losses.base import RobustLoss


class CrossEntropy(RobustLoss):
    """-log p of the label."""

    def per_item(self, logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """See `RobustLoss.per_item`."""
        return F.cross_entropy(logits, targets, reduction="none")
