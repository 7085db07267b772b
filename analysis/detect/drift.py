"""Drift: do two clouds of hidden states come from one distribution?

Energy distance, Szekely and Rizzo 2013, https://doi.org/10.1016/j.jspi.2013.03.018:
`2 E|X - Y| - E|X - X'| - E|Y - Y'|`, zero only for equal distributions. Its p-value comes from
permuting who belongs to which cloud. Both clouds are scaled by the baseline's standard deviation,
so that no single direction with large numbers decides.
Blind spot: changes of few samples; the distance sees whole clouds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial.distance import cdist

LARGEST = 300  # samples of each cloud: distances grow with the square
PERMUTATIONS = 499


@dataclass(frozen=True)
class Drift:
    """How far a new cloud lies from the baseline."""

    distance: float  # energy distance, in standard deviations of the baseline
    null_high: float  # 95 % point of what permutations of the same samples give
    p_value: float
    n_baseline: int
    n_new: int


def energy_drift(baseline: np.ndarray, new: np.ndarray, seed: int = 0) -> Drift:
    """Energy distance of two clouds with its permutation p-value.

    Args:
        baseline: (n, d) float, at least two rows.
        new: (m, d) float, at least two rows.
        seed: of the choice of rows and of the permutations.
    """
    rng = np.random.default_rng(seed)
    first, second = _some(baseline, rng), _some(new, rng)
    scale = first.std(axis=0)
    scale[scale < 1e-9] = 1.0
    both = np.concatenate([first, second]).astype(np.float64) / scale
    distances = cdist(both, both)
    member = np.arange(len(both)) < len(first)
    value = _energy(distances, member)
    null = np.array([_energy(distances, rng.permutation(member)) for _ in range(PERMUTATIONS)])
    p_value = (1 + int((null >= value).sum())) / (1 + PERMUTATIONS)
    high = float(np.quantile(null, 0.95))
    return Drift(value, high, p_value, len(first), len(second))


def alert_level(alarms_per_month: float, checks_per_month: float) -> float:
    """P-value below which the strongest layer of one check counts as an alert.

    So many false alarms a month are then expected at so many checks, whatever the number of
    layers, because p-values are adjusted for it first (Bonferroni, `adjusted`).
    """
    return min(1.0, alarms_per_month / max(checks_per_month, 1e-9))


def adjusted(p_values: np.ndarray) -> np.ndarray:
    """Bonferroni over the layers of one check, (k,) -> (k,)."""
    return np.minimum(1.0, np.asarray(p_values, dtype=np.float64) * max(len(p_values), 1))


def _some(cloud: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    if len(cloud) <= LARGEST:
        return np.asarray(cloud)
    return np.asarray(cloud)[np.sort(rng.choice(len(cloud), LARGEST, replace=False))]


def _energy(distances: np.ndarray, member: np.ndarray) -> float:
    first, second = np.flatnonzero(member), np.flatnonzero(~member)
    across = distances[np.ix_(first, second)].mean()
    within = _within(distances[np.ix_(first, first)]) + _within(distances[np.ix_(second, second)])
    return float(2 * across - within)


def _within(block: np.ndarray) -> float:
    """Mean distance of different samples; a sample's distance to itself says nothing."""
    n = len(block)
    return float(block.sum() / (n * (n - 1))) if n > 1 else 0.0
