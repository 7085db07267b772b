"""Masks that do not look at the samples: the largest weights, and the random control."""

from __future__ import annotations

import torch

from analysis.unlearn.masks.evidence import Evidence


def magnitude(evidence: Evidence) -> dict[str, torch.Tensor]:
    """|theta| (Han et al. 2015, arXiv 1506.02626)."""
    return {name: weight.abs() for name, weight in evidence.weights.items()}


def random(evidence: Evidence) -> dict[str, torch.Tensor]:
    """Uniform noise; names are taken in order, so the same seed gives the same mask."""
    generator = torch.Generator().manual_seed(evidence.seed)
    return {
        name: torch.rand(evidence.weights[name].shape, generator=generator)
        for name in sorted(evidence.weights)
    }
