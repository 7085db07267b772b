"""Fisher diagonal: mean over samples of squared *per-sample* gradients of log p(y | x).

Squaring the gradient of a batch's mean loss is a known mistake: opposing samples cancel. Labels
are sampled from the model (y ~ p), summed exactly over the classes, or taken as given
("empirical", close to 0 on fitted training data, so that nothing would be held).
van de Ven 2025, arXiv 2502.11756 compares these forms.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import torch
from torch import nn

from analysis.errors import RequestError
from analysis.unlearn.decisions import Decisions, sequence_log_probs
from analysis.unlearn.parts import Part
from analysis.unlearn.scoring import Scorer

LABELS = ("sampled", "exact", "empirical")
MAX_EXACT = 16  # classes; beyond it exact sums cost more than they bring


def fisher_diagonal(
    module: nn.Module,
    score: Scorer,
    part: Part,
    rows: np.ndarray,
    labels: str = "sampled",
    seed: int = 0,
    precision: str = "fp32",
) -> dict[str, torch.Tensor]:
    """Diagonal of the Fisher information, parameter name -> tensor of its shape, float32.

    Args:
        module: its gradients are left as they were.
        score: reads decisions from it.
        part: samples.
        rows: (n,) int, which of them.
        labels: "sampled", "exact" (classifiers of up to 16 classes) or "empirical".
        seed: of the sampled labels.
        precision: "bf16" runs the passes under autocast; squares are added in float32.

    Raises:
        RequestError: no samples, unknown labels, or exact labels for too many classes.
    """
    if labels not in LABELS:
        raise RequestError(f"labels '{labels}' are unknown.", f"Choose from {', '.join(LABELS)}.")
    if not len(rows):
        raise RequestError("the Fisher diagonal needs at least one sample.")
    wanted = {name: p for name, p in module.named_parameters() if p.is_floating_point()}
    frozen = [p for p in wanted.values() if not p.requires_grad]
    total = {name: torch.zeros_like(p, dtype=torch.float32) for name, p in wanted.items()}
    generator = torch.Generator().manual_seed(seed)
    for p in frozen:
        p.requires_grad_(True)
    device = next(iter(wanted.values())).device.type
    try:
        # one context for all samples: the weights are rounded once, and not again for each
        with torch.autocast(device, torch.bfloat16, enabled=precision == "bf16"):
            for row in rows:
                said = score(module, part, np.array([row]))
                for weight, value in _terms(said, labels, generator):
                    _add_squares(total, wanted, value, weight)
    finally:
        for p in frozen:
            p.requires_grad_(False)
    return {name: value / len(rows) for name, value in total.items()}


def normalised(fisher: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The same with mean 1 over all weights, so that lambda means the same everywhere."""
    count = sum(value.numel() for value in fisher.values())
    mean = sum(float(value.sum(dtype=torch.float64)) for value in fisher.values()) / max(1, count)
    return {name: value / mean if mean > 0 else value for name, value in fisher.items()}


def _terms(
    said: Decisions, labels: str, generator: torch.Generator
) -> Iterator[tuple[float, torch.Tensor]]:
    """Weights and log-probabilities whose squared gradients add up to one sample's term."""
    if labels == "empirical":
        yield 1.0, sequence_log_probs(said).sum()
        return
    probabilities = said.logits.detach().float().softmax(dim=1)
    if labels == "sampled":
        drawn = torch.multinomial(probabilities.cpu(), 1, generator=generator).flatten()
        targets = drawn.to(said.targets.device)
        yield 1.0, sequence_log_probs(said._replace(targets=targets)).sum()
        return
    if len(said.logits) != 1 or said.logits.shape[1] > MAX_EXACT:
        raise RequestError(f"exact labels need one decision of at most {MAX_EXACT} classes.")
    for label, weight in enumerate(probabilities[0].tolist()):
        targets = torch.full_like(said.targets, label)
        yield weight, sequence_log_probs(said._replace(targets=targets)).sum()


def _add_squares(
    total: Mapping[str, torch.Tensor],
    wanted: Mapping[str, nn.Parameter],
    value: torch.Tensor,
    weight: float,
) -> None:
    gradients = torch.autograd.grad(
        value, list(wanted.values()), retain_graph=True, allow_unused=True
    )
    for name, gradient in zip(wanted, gradients, strict=True):
        if gradient is not None:
            total[name].addcmul_(gradient.float(), gradient.float(), value=weight)
