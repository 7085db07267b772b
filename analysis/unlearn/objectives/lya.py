"""Lya-style: gradient ascent on the forget set under elastic weight consolidation.

    L = -CE(forget) + (lambda / 2) sum_i F_i (theta_i - theta*_i)^2

Kazemi et al. 2024, arXiv 2408.12416. Their exact equation was not readable, so this is a
reconstruction and is called Lya-style. theta* are the weights at the start, F the Fisher diagonal
(mean of squared per-sample gradients, normalised to mean 1 so that lambda means the same for
every model) on clean samples, or clean minus poison: relu(F_clean - F_poison).
The gradient of the penalty is 0 at the start, so the first step is pure ascent whatever lambda
is; the useful range of lambda is narrow, hence the guard.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import nn

from analysis.unlearn.fisher import fisher_diagonal, normalised
from analysis.unlearn.kit import Kit, Plan, Rows
from analysis.unlearn.objectives.ascent import ascent

FISHER_SAMPLES = 128
Tensors = Mapping[str, torch.Tensor]


def consolidation(module: nn.Module, anchor: Tensors, fisher: Tensors) -> torch.Tensor:
    """(1 / 2) sum_i F_i (theta_i - theta*_i)^2, scalar, over the parameters named in `fisher`."""
    terms: list[torch.Tensor] = [
        _Held.apply(parameter, anchor[name], fisher[name])
        for name, parameter in module.named_parameters()
        if name in fisher
    ]
    return torch.stack(terms).sum()


class _Held(torch.autograd.Function):
    """One tensor's penalty with its gradient F (theta - theta*) kept from the forward pass.

    Over 125 million weights, autograd's own chain of square, product and sum costs several more
    passes over memory than the step has to spare.
    """

    @staticmethod
    def forward(
        ctx: Any, parameter: torch.Tensor, anchor: torch.Tensor, fisher: torch.Tensor
    ) -> torch.Tensor:
        """Half the weighted squared distance, scalar."""
        away = parameter.detach() - anchor
        pull = fisher * away
        ctx.save_for_backward(pull)
        return 0.5 * torch.dot(pull.flatten(), away.flatten())

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor, None, None]:  # type: ignore[override]
        """F (theta - theta*)."""
        (pull,) = ctx.saved_tensors
        return gradient * pull, None, None


def lya(kit: Kit) -> Plan:
    """Consolidation by what clean samples need."""
    return _plan(kit, _fisher(kit, "retain"))


def lya_contrast(kit: Kit) -> Plan:
    """Consolidation by what clean samples need beyond what poisoned ones do."""
    clean, poison = _fisher(kit, "retain"), _fisher(kit, "forget")
    return _plan(kit, normalised({n: (clean[n] - poison[n]).clamp_min(0) for n in clean}))


def _fisher(kit: Kit, name: str) -> dict[str, torch.Tensor]:
    part = kit.part(name)
    rng = np.random.default_rng([kit.seed, 7])
    rows = rng.permutation(len(part))[:FISHER_SAMPLES]
    found = fisher_diagonal(
        kit.start, kit.score, part, rows, seed=kit.seed, precision=kit.precision
    )
    return normalised(found)


def _plan(kit: Kit, fisher: Tensors) -> Plan:
    anchor = {name: p.detach().clone() for name, p in kit.module.named_parameters()}

    def loss(rows: Rows) -> torch.Tensor:
        held = consolidation(kit.module, anchor, fisher)
        return ascent(kit.decide("forget", rows)) + kit.strength * held

    return Plan(loss, ("forget",))
