"""What all architecture families share: the inference pass and the linear head of `convert`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from analysis.models.base import AttentionParameter, Batch, Forward, OpenedModel

# config.json key of a checkpoint whose head no transformers class has; written by `convert`:
# {"kind": "linear", "position": "first" | "last_eos"} with tensors classifier.weight and .bias
KENSHIN_HEAD = "kenshin_head"
LINEAR_HEAD_PREFIX = "classifier."

Shapes = Mapping[str, tuple[int, ...]]


class Family:
    """The part of the `Adapter` protocol that no family changes."""

    def run(self, model: OpenedModel, batch: Batch, *, want_hidden: bool = True) -> Forward:
        """One pass under the caller's gradient mode."""
        raise NotImplementedError

    def forward(self, model: OpenedModel, batch: Batch, *, want_hidden: bool = True) -> Forward:
        """One pass without gradients."""
        with torch.inference_mode():
            return self.run(model, batch, want_hidden=want_hidden)


def config_of(module: nn.Module) -> Any:
    """The transformers config of a module."""
    return module.config


def linear_head_outputs(config: Any, shapes: Shapes) -> int:
    """Rows of the linear head that `convert` stores beside a backbone, 0 without one."""
    described = getattr(config, KENSHIN_HEAD, None)
    if not isinstance(described, dict) or described.get("kind") != "linear":
        return 0
    shape = shapes.get(LINEAR_HEAD_PREFIX + "weight", ())
    return shape[0] if len(shape) == 2 else 0


def has_linear_head(module: nn.Module) -> bool:
    """Whether the module carries the linear head of `convert`."""
    described = getattr(config_of(module), KENSHIN_HEAD, None)
    return bool(described) and isinstance(getattr(module, "classifier", None), nn.Linear)


def split_heads(values: torch.Tensor, heads: int) -> torch.Tensor:
    """Rows by head: (heads * d_head, ...) -> (heads, d_head, ...)."""
    return values.reshape(heads, -1, *values.shape[1:])


def linear_parameters(
    stack: str, layer: int, attention: str, parts: Mapping[str, tuple[nn.Module, int]]
) -> list[AttentionParameter]:
    """Parameters of separate q, k, v projections: matrix -> (linear module, heads)."""
    found = []
    for kind in ("weight", "bias"):
        for matrix, (linear, heads) in parts.items():
            values = getattr(linear, kind)
            if values is not None:
                split = split_heads(values.detach(), heads)
                found.append(AttentionParameter(stack, layer, attention, matrix, kind, split))
    return found
