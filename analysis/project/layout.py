"""What a map keeps of the points it was fitted on, so that new points can be placed later."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Layout(NamedTuple):
    """Fitted points: where they lie in component space and on the map."""

    features: np.ndarray  # (u, c) float32, principal components
    coordinates: np.ndarray  # (u, 2) float32
    scale: float  # root mean square extent of the components; distances are divided by it


def start_from_components(features: np.ndarray, spread: float, seed: int) -> np.ndarray:
    """Start of an optimisation: two components scaled to `spread`, plus seeded jitter.

    Kobak & Linderman, 2021, https://doi.org/10.1038/s41587-020-00809-z: a start from principal
    components keeps the global arrangement and makes maps of two seeds alike. The jitter
    (1 % of the spread) separates points that share both components.

    Returns:
        (n, 2) float64, standard deviation of the first column = `spread`.
    """
    start = np.zeros((len(features), 2))
    width = min(2, features.shape[1])
    start[:, :width] = features[:, :width]
    start -= start.mean(axis=0)
    deviation = start[:, 0].std()
    if deviation > 0:
        start *= spread / deviation
    noise = np.random.default_rng(seed).normal(0.0, 0.01 * spread, start.shape)
    return start + noise
