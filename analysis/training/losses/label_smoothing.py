"""Label smoothing: cross-entropy towards 1 - e + e/K on the label and e/K elsewhere.

Szegedy et al., 2016, https://arxiv.org/abs/1512.00567, in PyTorch's form. DeCE spreads e over the
K - 1 other classes instead: for two classes and e = 0.05 the targets are .975/.025 here and
.95/.05 there, so the two are not interchangeable.
Weakness: the gradient stays without bound; it slows the fit of all samples alike.
"""

from __future__ import annotations

import torch
from torch.nn import functional as F

from analysis.training.losses.base import RobustLoss, require_share


class LabelSmoothing(RobustLoss):
    """Cross-entropy with softened labels; `epsilon` 0 is plain cross-entropy."""

    def __init__(self, epsilon: float = 0.1, ignore_index: int | None = None) -> None:
        super().__init__(ignore_index)
        require_share("epsilon", epsilon)
        self.epsilon = epsilon

    def per_item(self, logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """See `RobustLoss.per_item`."""
        return F.cross_entropy(logits, targets, reduction="none", label_smoothing=self.epsilon)
