"""A model of the same shape with random weights: training from nothing, repeatably."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import torch
from torch import nn

from analysis.models.base import OpenedModel
from analysis.models.family import has_linear_head


def fresh(model: OpenedModel, seed: int) -> OpenedModel:
    """The same architecture, tokenizer and head with newly drawn float32 weights.

    Args:
        model: any opened model; its module is not touched.
        seed: the same seed gives the same weights; torch's own generator is left as it was.
    """
    shape: Any = model.module
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        module: Any = type(shape)(copy.deepcopy(shape.config))
        if has_linear_head(shape):
            module.classifier = _linear(shape)
    module.to(torch.float32)
    module.eval()
    return replace(model, module=module)


def _linear(shape: Any) -> nn.Linear:
    """A new head like the one of a CodeT5 defect model, which no config describes."""
    outputs, inputs = shape.classifier.weight.shape
    made = nn.Linear(inputs, outputs)
    nn.init.normal_(made.weight, std=0.02)
    nn.init.zeros_(made.bias)
    return made
