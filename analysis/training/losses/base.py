"""What every loss shares: shapes, positions that do not count, and the epoch.

A loss says what one labelled position costs; this class flattens, leaves out ignored positions
and takes the mean over the counted ones, so that padding never changes the learning rate.
"""

from __future__ import annotations

import torch
from torch import nn

from analysis.errors import KenshinError, RequestError


class RobustLoss(nn.Module):
    """A classification loss over logits; subclasses define `per_item`.

    Attributes:
        ignore_index: label of positions that do not count. None counts every position, which is
            right for class labels: a pad token id there would mask a whole *class* (RoBERTa's
            pad id is 1, CodeT5's is 0). Use -100 for the tokens of written answers.
        epoch: present epoch of training, from 1.
    """

    def __init__(self, ignore_index: int | None = None) -> None:
        super().__init__()
        self.ignore_index = ignore_index
        self.epoch = 1

    def start_epoch(self, epoch: int) -> None:
        """Tell the loss which epoch begins; schedules depend on it.

        Raises:
            RequestError: an epoch below 1.
        """
        if epoch < 1:
            raise RequestError(f"epoch {epoch} was given to a loss, expected 1 or more.")
        self.epoch = epoch

    def per_item(self, logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Loss of each position: logits (m, k) float32, targets (m,) int64 in 0..k-1 -> (m,)."""
        raise NotImplementedError

    def forward(
        self,
        logits: torch.Tensor,
        targets: torch.Tensor,
        count: torch.Tensor | int | None = None,
    ) -> torch.Tensor:
        """Mean loss over counted positions, a scalar float32.

        Args:
            logits: (..., k) of any float dtype.
            targets: (...) int64.
            count: divide by this instead of the positions counted here; what an accumulated
                batch needs, whose parts are summed.

        Raises:
            KenshinError: a target outside 0..k-1 that is not the ignored one.
        """
        flat = logits.reshape(-1, logits.shape[-1]).float()
        wanted = targets.reshape(-1)
        if self.ignore_index is not None:
            kept = wanted != self.ignore_index
            flat, wanted = flat[kept], wanted[kept]
        if not len(wanted):
            return flat.sum() * 0.0  # no position counts: no loss, and still a graph
        _require_classes(wanted, flat.shape[1])
        total = self.per_item(flat, wanted).sum()
        return total / (len(wanted) if count is None else count)


def _require_classes(targets: torch.Tensor, classes: int) -> None:
    low, high = int(targets.min()), int(targets.max())
    if low < 0 or high >= classes:
        raise KenshinError(
            f"label {low if low < 0 else high} was given to a loss over {classes} classes.",
            f"Expected 0 to {classes - 1}; set ignore_index for positions that do not count.",
        )


def require_share(name: str, value: float, *, above: bool = False) -> None:
    """Refuse a knob outside [0, 1), or outside (0, 1) with `above`.

    Raises:
        RequestError: the value is outside.
    """
    low_ok = value > 0 if above else value >= 0
    if not (low_ok and value < 1):
        low = "above 0" if above else "from 0"
        raise RequestError(f"{name} is {value}, expected {low} to below 1.")
