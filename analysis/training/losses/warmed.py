"""Cross-entropy for the first epochs, then another loss: a start for losses with a small pull."""

from __future__ import annotations

import torch

from analysis.errors import RequestError
from analysis.training.losses.base import RobustLoss
from analysis.training.losses.cross_entropy import CrossEntropy


class Warmed(RobustLoss):
    """`later` after `epochs` epochs of cross-entropy; its own schedule starts at 1 then.

    Raises:
        RequestError: a negative number of epochs.
    """

    def __init__(self, later: RobustLoss, epochs: int) -> None:
        super().__init__(later.ignore_index)
        if epochs < 0:
            raise RequestError(f"warm-up epochs are {epochs}, expected 0 or more.")
        self.later, self.warmup = later, epochs
        self.first = CrossEntropy(later.ignore_index)

    @property
    def current(self) -> RobustLoss:
        """The loss of the present epoch."""
        return self.first if self.epoch <= self.warmup else self.later

    def start_epoch(self, epoch: int) -> None:
        """See `RobustLoss.start_epoch`."""
        super().start_epoch(epoch)
        self.later.start_epoch(max(1, epoch - self.warmup))

    def per_item(self, logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """See `RobustLoss.per_item`."""
        return self.current.per_item(logits, targets)
