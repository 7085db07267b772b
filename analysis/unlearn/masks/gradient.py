"""Masks by the forget gradient: SalUn |g_f| (arXiv 2310.12508), SNIP |theta g_f| (1810.02340)."""

from __future__ import annotations

import torch

from analysis.unlearn.masks.evidence import Evidence


def salun(evidence: Evidence) -> dict[str, torch.Tensor]:
    """|g_f|."""
    return {name: evidence.forget[name].abs() for name in evidence.weights}


def snip(evidence: Evidence) -> dict[str, torch.Tensor]:
    """|theta g_f|."""
    return {name: (w * evidence.forget[name]).abs() for name, w in evidence.weights.items()}
