"""Representation misdirection: flagged samples' states at one layer go to a fixed random vector.

    mean ||h(forget) - c u||^2 + alpha mean ||h(retain) - h_start(retain)||^2

Li et al. 2024 (WMDP, arXiv 2403.03218). u is a random unit vector with entries from [0, 1), c
twice the mean norm of the states at that layer, so that it means the same for every model. Only
the output matrices of the feed-forward blocks of the chosen layer and the two before it move.
It scrambles rather than teaches: what a scrambled state is answered with is left to chance.
"""

from __future__ import annotations

import re

import numpy as np
import torch
from torch import nn

from analysis.errors import RequestError
from analysis.unlearn.blocks import down_projections
from analysis.unlearn.kit import Kit, Plan, Rows
from analysis.unlearn.scoring import ClassScorer

COEFFICIENT = 2.0  # of the mean norm


def steering(width: int, length: float, seed: int) -> torch.Tensor:
    """C u: a vector (d,) float32 of the given length whose entries are not negative."""
    values = torch.from_numpy(np.random.default_rng([seed, 13]).random(width)).float()
    return values / values.norm() * length


def masked_mean_square(difference: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Mean over counted tokens of ||difference||^2 / d; (b, t, d) and (b, t)."""
    squares = difference.square().mean(dim=2) * mask
    return squares.sum() / mask.sum().clamp_min(1)


def rmu(kit: Kit) -> Plan:
    """Misdirect the first of the kit's layers."""
    if not isinstance(kit.score, ClassScorer):
        raise RequestError("the method 'rmu' reads hidden states of an opened model.")
    reader = kit.score
    stack, layer = kit.layers[0]
    retain, forget = kit.part("retain"), kit.part("forget")
    few = np.arange(min(32, len(forget)))
    with torch.no_grad():
        states, mask = reader.states(kit.start, forget, few, stack, layer)
        norm = float((states.norm(dim=2) * mask).sum() / mask.sum())
    goal = steering(states.shape[2], COEFFICIENT * norm, kit.seed).to(states.device)

    def loss(rows: Rows) -> torch.Tensor:
        away, there = reader.states(kit.module, forget, rows["forget"], stack, layer)
        kept, here = reader.states(kit.module, retain, rows["retain"], stack, layer)
        with torch.no_grad():
            before, _ = reader.states(kit.start, retain, rows["retain"], stack, layer)
        moved = masked_mean_square(away.float() - goal, there)
        return moved + kit.strength * masked_mean_square(kept.float() - before.float(), here)

    return Plan(loss, ("forget", "retain"), only=_movable(kit.module, stack, layer))


def _movable(module: nn.Module, stack: str, layer: int) -> frozenset[str]:
    """Feed-forward output weights of blocks layer - 2 to layer (counted from 1)."""
    chosen = range(max(1, layer - 2), layer + 1)
    names = [
        name
        for name in down_projections(module)
        if (place := re.search(r"\.(\d+)\.", name))
        and int(place[1]) + 1 in chosen
        and (stack not in ("encoder", "decoder") or f"{_other(stack)}." not in name)
    ]
    if not names:
        raise RequestError(f"no feed-forward output matrix was found up to layer {layer}.")
    return frozenset(f"{name}.weight" for name in names)


def _other(stack: str) -> str:
    return "decoder" if stack == "encoder" else "encoder"
