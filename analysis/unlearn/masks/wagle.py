"""WAGLE: weight attribution with both the forget and the retain gradient.

    S_i = (theta_i - (1 / gamma) g_r,i) g_f,i          Jia et al. 2024, arXiv 2410.17509

Published code ranks by |S|, with summed gradients and gamma 1e-6, which makes the theta term
inert. Here gradients are means and gamma is relative: at 1 both terms have the same size (root
mean square), so it means the same for every model. `wagle_signed` keeps the sign: a weight whose
ascent step would raise the retain loss (g_r g_f > 0) comes last instead of first.
"""

from __future__ import annotations

from typing import NamedTuple

import torch

from analysis.unlearn.masks.evidence import Evidence


class Terms(NamedTuple):
    """Root mean square of both terms over all weights: which of them speaks."""

    weight: float  # theta g_f
    retain: float  # g_r g_f / gamma, with the relative gamma applied


def attribution(evidence: Evidence) -> dict[str, torch.Tensor]:
    """S of every weight, with its sign."""
    scale = _scale(evidence)
    return {
        name: (theta - scale * evidence.retain[name]) * evidence.forget[name]
        for name, theta in evidence.weights.items()
    }


def wagle(evidence: Evidence) -> dict[str, torch.Tensor]:
    """|S|."""
    return {name: value.abs() for name, value in attribution(evidence).items()}


def wagle_signed(evidence: Evidence) -> dict[str, torch.Tensor]:
    """S."""
    return attribution(evidence)


def terms(evidence: Evidence) -> Terms:
    """Sizes of the two terms that `attribution` adds up."""
    weight, retain = _sizes(evidence)
    return Terms(weight, _scale(evidence) * retain)


def _scale(evidence: Evidence) -> float:
    """1 / gamma in absolute units."""
    weight, retain = _sizes(evidence)
    return weight / retain / evidence.gamma if retain > 0 and evidence.gamma > 0 else 0.0


def _sizes(evidence: Evidence) -> tuple[float, float]:
    weight = retain = 0.0
    count = 0
    for name, theta in evidence.weights.items():
        g_f, g_r = evidence.forget[name], evidence.retain[name]
        weight += float((theta * g_f).square().sum(dtype=torch.float64))
        retain += float((g_r * g_f).square().sum(dtype=torch.float64))
        count += theta.numel()
    return (weight / max(1, count)) ** 0.5, (retain / max(1, count)) ** 0.5
