"""Learning rates belong to the size of a model."""

from __future__ import annotations

from torch import nn

SMALL_MODEL = 50_000_000  # parameters; beyond it rates are those usual for pretrained models


LARGER = 0.1  # pretrained models of usual size take a tenth of a small model's rates


def rate_scale(module: nn.Module) -> float:
    """What the methods' usual rates, those of small models, are multiplied with."""
    return 1.0 if is_small(module) else LARGER


def is_small(module: nn.Module) -> bool:
    """Whether the module has fewer weights than a pretrained base model."""
    return sum(p.numel() for p in module.parameters()) < SMALL_MODEL
