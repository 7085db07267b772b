"""What a mask may look at: weights, mean gradients, sizes of the inputs of linear layers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import nn

from analysis.models.base import StackInfo
from analysis.unlearn.blocks import input_axis
from analysis.unlearn.decisions import cross_entropy
from analysis.unlearn.parts import Part
from analysis.unlearn.scoring import Scorer

MAX_SAMPLES = 256  # of each part
_BATCH = 16
Tensors = Mapping[str, torch.Tensor]


@dataclass(frozen=True)
class Evidence:
    """Everything the score functions read; names are those of matrices that may be masked.

    Attributes:
        weights: name -> (out, in) float32, at the start.
        forget: mean gradient of CE on the forget set.
        retain: mean gradient of CE on the retain set.
        inputs: name -> (in,) root mean square of each input on the forget set.
        axes: name -> which axis of the weight the inputs are.
        stacks: shapes of the model's stacks.
        layers: layer expression, for masks by choice.
        gamma: relative weight of the retain term (1: both terms have the same size).
        ratio: share of weights that will be chosen.
    """

    weights: Tensors
    forget: Tensors = field(default_factory=dict)
    retain: Tensors = field(default_factory=dict)
    inputs: Tensors = field(default_factory=dict)
    axes: Mapping[str, int] = field(default_factory=dict)
    stacks: tuple[StackInfo, ...] = ()
    layers: str = "all"
    gamma: float = 1.0
    ratio: float = 0.2
    seed: int = 0


def matrices(module: nn.Module) -> dict[str, torch.Tensor]:
    """Parameters with two or more axes: embeddings, projections and heads, no biases or norms."""
    return {
        name: p.detach()
        for name, p in module.named_parameters()
        if p.dim() >= 2 and p.is_floating_point()
    }


def sample_rows(n: int, seed: int = 0) -> np.ndarray:
    """Which samples of a part are looked at, (m,) int64 in random order, m <= MAX_SAMPLES."""
    return np.random.default_rng([seed, 19]).permutation(n)[:MAX_SAMPLES]


def mean_gradients(
    module: nn.Module,
    score: Scorer,
    part: Part,
    seed: int = 0,
    precision: str = "fp32",
    rows: np.ndarray | None = None,
) -> dict[str, torch.Tensor]:
    """Mean over samples of the gradient of CE, in eval mode; name -> tensor of its shape, float32.

    Means, not sums as in the published code: their size would grow with the number of samples and
    the ranking would depend on it. `rows` (m,) names the samples; None: those of `sample_rows`.
    """
    rows = sample_rows(len(part), seed) if rows is None else rows
    named = {n: p for n, p in module.named_parameters() if p.dim() >= 2 and p.is_floating_point()}
    total = {name: torch.zeros_like(p) for name, p in named.items()}
    before = {name: p.requires_grad for name, p in named.items()}
    device = next(iter(named.values())).device.type
    try:
        for p in named.values():
            p.requires_grad_(True)
        for low in range(0, len(rows), _BATCH):
            batch = rows[low : low + _BATCH]
            with torch.autocast(device, torch.bfloat16, enabled=precision == "bf16"):
                loss = cross_entropy(score(module, part, batch)) * len(batch)
            found = torch.autograd.grad(loss, list(named.values()), allow_unused=True)
            for name, gradient in zip(named, found, strict=True):
                if gradient is not None:
                    total[name] += gradient
    finally:
        for name, p in named.items():
            p.requires_grad_(before[name])
    return {name: value / max(1, len(rows)) for name, value in total.items()}


def input_sizes(
    module: nn.Module, score: Scorer, part: Part, rows: np.ndarray
) -> dict[str, torch.Tensor]:
    """Root mean square of each input of each linear layer, weight name -> (in,) float32."""
    sums: dict[str, torch.Tensor] = {}
    counts: dict[str, int] = {}

    def watch(name: str) -> Callable[[nn.Module, tuple[torch.Tensor, ...]], None]:
        def enter(_: nn.Module, given: tuple[torch.Tensor, ...]) -> None:
            flat = given[0].detach().float().flatten(0, -2)
            sums[name] = sums.get(name, 0) + flat.square().sum(0)
            counts[name] = counts.get(name, 0) + len(flat)

        return enter

    handles = [
        layer.register_forward_pre_hook(watch(f"{name}.weight"))
        for name, layer in module.named_modules()
        if isinstance(layer, nn.Linear) or type(layer).__name__ == "Conv1D"
    ]
    try:
        with torch.no_grad():
            for low in range(0, len(rows), _BATCH):
                score(module, part, rows[low : low + _BATCH])
    finally:
        for handle in handles:
            handle.remove()
    return {name: (value / counts[name]).sqrt() for name, value in sums.items()}


def input_axes(module: nn.Module) -> dict[str, int]:
    """Weight name -> axis of its inputs, for linear layers."""
    return {
        f"{name}.weight": input_axis(layer)
        for name, layer in module.named_modules()
        if isinstance(layer, nn.Linear) or type(layer).__name__ == "Conv1D"
    }
