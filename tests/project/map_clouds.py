"""Synthetic vectors of two models with known truth."""

from typing import NamedTuple

import numpy as np

from analysis.project.config import MapConfig
from analysis.records import Site

SITE = Site("encoder", 2, "cls")
QUICK = MapConfig(tsne_early_iterations=80, tsne_iterations=120, umap_epochs=60)


class Pair(NamedTuple):
    reference: np.ndarray  # (n, d) float32
    suspect: np.ndarray  # (n, d) float32
    group: np.ndarray  # (n,) bool, the planted second group


def smooth(n: int = 120, d: int = 24, seed: int = 0) -> np.ndarray:
    """One cloud with falling variances, (n, d) float32."""
    generator = np.random.default_rng(seed)
    return (generator.normal(size=(n, d)) * (1 + np.arange(d)) ** -0.7).astype(np.float32)


def planted(n: int = 120, d: int = 24, gap: float = 12.0, seed: int = 0) -> Pair:
    """A suspect in which a third of the samples lies `gap` away; the reference shows no group."""
    reference = smooth(n, d, seed)
    group = np.arange(n) % 3 == 0
    suspect = reference + 0.05 * smooth(n, d, seed + 1)
    suspect[group, 3] += gap
    return Pair(reference, suspect, group)
