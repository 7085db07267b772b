"""Training on clean samples alone: from the suspect as it is, or again from a start.

Cross-entropy on the retain set. Fine-tuning is the named baseline of Lya (arXiv 2408.12416);
retraining from a start that never saw the poison is the exact answer, and the costly one.
"""

from __future__ import annotations

import torch

from analysis.unlearn.decisions import cross_entropy
from analysis.unlearn.kit import Kit, Plan, Rows


def fine_tune(kit: Kit) -> Plan:
    """Minimise CE(retain); the method `retrain` does the same from other weights."""

    def loss(rows: Rows) -> torch.Tensor:
        return cross_entropy(kit.decide("retain", rows))

    return Plan(loss, ("retain",))
