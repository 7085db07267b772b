"""Fine-pruning: silence feed-forward units that clean samples do not use, then fine-tune.

Liu, Dolan-Gavitt and Garg 2018, arXiv 1805.12185. Units are ranked by the mean size of their
output on clean samples, over all blocks; the `strength` share with the smallest is cut (their
column of the output matrix becomes 0 and stays 0) and CE(retain) repairs what that cost.
A trigger that shares units with clean code survives; in transformers most do.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import nn

from analysis.unlearn.blocks import down_projections, input_axis
from analysis.unlearn.decisions import cross_entropy
from analysis.unlearn.kit import Kit, Plan, Rows

MEASURED = 128  # clean samples


def fine_pruning(kit: Kit) -> Plan:
    """Cut, then minimise CE(retain) with the cut units held at 0."""
    cut = least_used(kit)
    modules = dict(kit.module.named_modules())

    def hold() -> None:
        with torch.no_grad():
            for name, units in cut.items():
                weight: torch.Tensor = modules[name].weight  # type: ignore[assignment]
                axis = input_axis(modules[name])
                weight.index_fill_(axis, units.to(weight.device), 0.0)

    def loss(rows: Rows) -> torch.Tensor:
        return cross_entropy(kit.decide("retain", rows))

    hold()
    return Plan(loss, ("retain",), after_step=hold)


def least_used(kit: Kit) -> dict[str, torch.Tensor]:
    """Module name -> units (u,) int64 to cut: the `strength` share with the smallest output."""
    use = _mean_use(kit)
    names = sorted(use)
    flat = torch.cat([use[name] for name in names])
    count = int(len(flat) * min(kit.strength, 0.95))
    chosen = torch.zeros(len(flat), dtype=torch.bool)
    chosen[flat.argsort(stable=True)[:count]] = True
    pieces = chosen.split([len(use[name]) for name in names])
    return {name: piece.nonzero().flatten() for name, piece in zip(names, pieces, strict=True)}


def _mean_use(kit: Kit) -> dict[str, torch.Tensor]:
    """Mean size of every unit's output on clean samples, as a share of its block's mean."""
    part = kit.part("retain")
    sums: dict[str, torch.Tensor] = {}

    def watch(name: str) -> Callable[[nn.Module, tuple[torch.Tensor, ...]], None]:
        def enter(_: nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
            size = inputs[0].detach().float().abs().flatten(0, -2).sum(0).cpu()
            sums[name] = sums.get(name, torch.zeros_like(size)) + size

        return enter

    modules = dict(kit.module.named_modules())
    handles = [
        modules[name].register_forward_pre_hook(watch(name))
        for name in down_projections(kit.module)
    ]
    try:
        with torch.no_grad():
            for low in range(0, min(MEASURED, len(part)), 32):
                kit.score(kit.module, part, np.arange(low, min(low + 32, len(part))))
    finally:
        for handle in handles:
            handle.remove()
    return {name: value / value.mean().clamp_min(1e-12) for name, value in sums.items()}
