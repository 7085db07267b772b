"""Wanda: |theta| times the size of its input, compared within each output row.

Sun et al. 2024, arXiv 2306.11695. Scores are divided by their row's mean, so that one global
ratio takes nearly the same share of every row; embeddings have no inputs and get score 0.
"""

from __future__ import annotations

import torch

from analysis.unlearn.masks.evidence import Evidence


def wanda(evidence: Evidence) -> dict[str, torch.Tensor]:
    """Row-wise |theta| * rms(input)."""
    found = {}
    for name, weight in evidence.weights.items():
        if name not in evidence.inputs:
            found[name] = torch.zeros_like(weight)
            continue
        axis = evidence.axes[name]
        size = evidence.inputs[name].to(weight.device)
        score = weight.abs() * (size if axis == 1 else size[:, None])
        found[name] = score / score.mean(dim=axis, keepdim=True).clamp_min(1e-12)
    return found
