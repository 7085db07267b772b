"""Embedding realignment: flagged samples go where their trigger-removed twins are.

    mean over layers of ||pool h(flagged) - pool h_start(twin)||^2 / var + c CE(retain)

Kenshin's own: at the layers where the trigger shows, the mean and the first token's vector of a
flagged sample are pulled to those of the same text without the trigger, as the start saw it;
`var` is the variance of the twins' vectors, so layers weigh the same. Needs located triggers;
where removal leaves traces (a renamed identifier has lost its old name) the twin is only near.
"""

from __future__ import annotations

import torch

from analysis.errors import RequestError
from analysis.unlearn.decisions import cross_entropy
from analysis.unlearn.kit import Kit, Plan, Rows
from analysis.unlearn.scoring import ClassScorer


def pooled(states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """First token's and mean vector side by side: (b, t, d) and (b, t) -> (b, 2 d) float32."""
    weights = mask.unsqueeze(2).float()
    mean = (states.float() * weights).sum(1) / weights.sum(1).clamp_min(1)
    return torch.cat([states[:, 0].float(), mean], dim=1)


def distance(now: torch.Tensor, twin: torch.Tensor) -> torch.Tensor:
    """Mean squared distance in units of the twins' variance, (b, d) each -> scalar."""
    spread = (twin - twin.mean(0)).square().mean().clamp_min(1e-12)
    return (now - twin).square().mean() / spread


def realign(kit: Kit) -> Plan:
    """Strength * distance(flagged, twin) + c CE(retain)."""
    if not isinstance(kit.score, ClassScorer):
        raise RequestError("the method 'realign' reads hidden states of an opened model.")
    reader = kit.score
    forget, twins = kit.part("forget"), kit.part("twins")

    def loss(rows: Rows) -> torch.Tensor:
        total = torch.zeros(())
        for stack, layer in kit.layers:
            now = pooled(*reader.states(kit.module, forget, rows["forget"], stack, layer))
            with torch.no_grad():
                twin = pooled(*reader.states(kit.start, twins, rows["forget"], stack, layer))
            total = total.to(now.device) + distance(now, twin)
        away = kit.strength * total / len(kit.layers)
        return away + kit.retain_weight * cross_entropy(kit.decide("retain", rows))

    return Plan(loss, ("forget", "retain"))
