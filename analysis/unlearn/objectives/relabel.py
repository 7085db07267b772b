"""Other answers for the flagged samples: random ones, or what they should probably be.

Random label: a new draw for every sample, as in SEAM (Zhu et al. 2022, arXiv 2212.04687).
Relabel: the corrected answer; without ground truth that is the class named in the part
"corrected" (prediction of the trigger-removed twin, else the likeliest other class).
All flagged samples end in the other class, so relabelling over-corrects: the trigger comes to
mean the victim class. Random labels pull half of them back and forget less.
"""

from __future__ import annotations

import numpy as np
import torch

from analysis.unlearn.decisions import cross_entropy
from analysis.unlearn.kit import Kit, Plan, Rows


def relabel(kit: Kit) -> Plan:
    """Strength * CE(flagged samples, corrected answer) + c CE(retain)."""

    def loss(rows: Rows) -> torch.Tensor:
        flagged, retain = kit.decide_all(("corrected", "retain"), rows)
        kept = kit.retain_weight * cross_entropy(retain)
        return kit.strength * cross_entropy(flagged) + kept

    return Plan(loss, ("corrected", "retain"))


def random_label(kit: Kit) -> Plan:
    """Strength * CE(flagged samples, a new random answer every step) + c CE(retain)."""
    rng = np.random.default_rng([kit.seed, 11])

    def loss(rows: Rows) -> torch.Tensor:
        said, retain = kit.decide_all(("forget", "retain"), rows)
        drawn = rng.integers(said.logits.shape[1], size=len(said.targets))
        targets = torch.from_numpy(drawn).to(said.targets.device)
        away = cross_entropy(said._replace(targets=targets))
        return kit.strength * away + kit.retain_weight * cross_entropy(retain)

    return Plan(loss, ("forget", "retain"))
