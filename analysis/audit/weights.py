"""Copies of a model with other weights: quantised or pruned, never the model itself."""

from __future__ import annotations

from collections.abc import Callable

import torch

from analysis.models.base import OpenedModel
from analysis.training.trainable import trainable

Change = Callable[[torch.Tensor], torch.Tensor]


def changed(model: OpenedModel, change: Change, device: torch.device) -> OpenedModel:
    """A float32 copy whose matrices went through `change`; vectors stay as they are."""
    copy = trainable(model, device)
    with torch.no_grad():
        for parameter in copy.module.parameters():
            if parameter.ndim >= 2 and parameter.is_floating_point():
                parameter.copy_(change(parameter))
    return copy


def quantised(weight: torch.Tensor, bits: int) -> torch.Tensor:
    """Round to `bits` bits, symmetric, one scale per output row: (rows, ...) -> same shape."""
    levels = 2 ** (bits - 1) - 1
    flat = weight.reshape(len(weight), -1)
    scale = flat.abs().amax(dim=1, keepdim=True).clamp_min(1e-12) / levels
    return ((flat / scale).round().clamp(-levels, levels) * scale).reshape(weight.shape)


def pruned(weight: torch.Tensor, share: float) -> torch.Tensor:
    """Set the `share` of smallest entries of one matrix to zero."""
    count = int(share * weight.numel())
    if count == 0:
        return weight.clone()
    limit = weight.abs().flatten().kthvalue(count).values
    return torch.where(weight.abs() <= limit, torch.zeros_like(weight), weight)
