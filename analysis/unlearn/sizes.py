"""Learning rates belong to the size of a model."""

from __future__ import annotations

from torch import nn

SMALL_MODEL = 50_000_000  # parameters; beyond it rates are those usual for pretrained models


def is_small(module: nn.Module) -> bool:
    """Whether the module has fewer weights than a pretrained base model."""
    return sum(p.numel() for p in module.parameters()) < SMALL_MODEL
