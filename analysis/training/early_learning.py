"""How hard single samples pull at the weights: the early-learning curve's raw numbers.

Models fit common patterns first; a rare trigger is fitted later and by large gradients. The mean
norm of poisoned samples beside that of clean ones makes that visible, and a bounded loss too.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from analysis.training.loop import Objective, pad


def gradient_norms(
    module: torch.nn.Module,
    ids: Sequence[np.ndarray],
    labels: np.ndarray,
    objective: Objective,
    pad_id: int,
) -> np.ndarray:
    """Norm of each sample's own gradient over all trained weights, (n,) float64.

    One backward pass per sample: the norm of a batch's mean gradient would hide how its samples
    cancel. Works inside `inference_mode`; gradients kept in the parameters are not touched.

    Args:
        module: that `objective` reads; stays as it is.
        ids: n arrays (t_i,) int.
        labels: (n,) int64, as trained.
        objective: mean loss of a batch.
        pad_id: of the tokenizer.
    """
    parameters = [p for p in module.parameters() if p.requires_grad]
    device = parameters[0].device
    norms = np.zeros(len(ids))
    with torch.inference_mode(False), torch.enable_grad():
        for row, item in enumerate(ids):
            batch = pad([item], pad_id)
            label = torch.tensor([int(labels[row])], device=device)
            inputs = batch.input_ids.to(device), batch.attention_mask.to(device)
            value = objective(module, *inputs, label)
            found = torch.autograd.grad(value, parameters, allow_unused=True)
            squares = [g.detach().float().square().sum() for g in found if g is not None]
            norms[row] = float(torch.stack(squares).sum().sqrt())
    return norms
