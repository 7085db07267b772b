"""Drift: do two clouds of hidden states come from one distribution?

Energy distance, Szekely and Rizzo 2013, https://doi.org/10.1016/j.jspi.2013.03.018:
`2 E|X - Y| - E|X - X'| - E|Y - Y'|`, zero only for equal distributions. Its p-value comes from
permuting who belongs to which cloud. Both clouds are scaled by the baseline's standard deviation,
so that no single direction with large numbers decides.
Blind spot: changes of few samples; the distance sees whole clouds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.spatial.distance import cdist

LARGEST = 300  # samples of each cloud: distances grow with the square
PERMUTATIONS = 499
MOST_PERMUTATIONS = 199_999
ENOUGH = 20  # permutations as far apart as the clouds: no more of them are needed
TIE = 1e-9  # equal but for the order of summation
AT_ONCE = 2_000  # permutations; memory is this times both clouds


@dataclass(frozen=True)
class Drift:
    """How far a new cloud lies from the baseline."""

    distance: float  # energy distance, in standard deviations of the baseline
    null_high: float  # 95 % point of what permutations of the same samples give
    p_value: float
    n_baseline: int
    n_new: int


def energy_drift(
    baseline: np.ndarray, new: np.ndarray, seed: int = 0, permutations: int = PERMUTATIONS
) -> Drift:
    """Energy distance of two clouds with its permutation p-value.

    Args:
        baseline: (n, d) float, at least two rows.
        new: (m, d) float, at least two rows.
        seed: of the choice of rows and of the permutations.
        permutations: at most; the p-value is never below one of these and the observed one. Fewer
            where the answer is clear before (Besag and Clifford 1991).
    """
    rng = np.random.default_rng(seed)
    first, second = _some(baseline, rng), _some(new, rng)
    scale = first.std(axis=0)
    scale[scale < 1e-9] = 1.0
    both = np.concatenate([first, second]).astype(np.float64) / scale
    distances = cdist(both, both)
    member = np.arange(len(both)) < len(first)
    value = float(_energies(distances, member[None])[0])
    null = _energies(distances, _shuffled(member, min(PERMUTATIONS, permutations), rng))
    reached, drawn = int((null >= value - TIE).sum()), len(null)
    while drawn < permutations and reached < ENOUGH:
        more = _energies(distances, _shuffled(member, min(AT_ONCE, permutations - drawn), rng))
        reached, drawn = reached + int((more >= value - TIE).sum()), drawn + len(more)
    p_value = (1 + reached) / (1 + drawn)
    high = float(np.quantile(null, 0.95))
    return Drift(value, high, p_value, len(first), len(second))


def alert_level(alarms_per_month: float, checks_per_month: float) -> float:
    """P-value below which the strongest layer of one check counts as an alert.

    So many false alarms a month are then expected at so many checks, whatever the number of
    layers, because p-values are adjusted for it first (Bonferroni, `adjusted`).
    """
    return min(1.0, alarms_per_month / max(checks_per_month, 1e-9))


def permutations_for(level: float, clouds: int) -> int:
    """How many permutations let `clouds` adjusted p-values fall to half of `level`.

    With too few no check could ever raise an alarm: the smallest adjusted p-value is the number of
    clouds over the number of permutations.
    """
    needed = math.ceil(2 * clouds / max(level, 1e-9))
    return min(max(PERMUTATIONS, needed), MOST_PERMUTATIONS)


def finest_level(clouds: int) -> float:
    """The smallest alert level that a check of so many layers and poolings can reach."""
    return clouds / (1 + MOST_PERMUTATIONS)


def adjusted(p_values: np.ndarray) -> np.ndarray:
    """Bonferroni over the layers of one check, (k,) -> (k,)."""
    return np.minimum(1.0, np.asarray(p_values, dtype=np.float64) * max(len(p_values), 1))


def _shuffled(member: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """`count` random orders of `member`, (count, n + m) bool."""
    return rng.permuted(np.repeat(member[None], count, axis=0), axis=1)


def _some(cloud: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    if len(cloud) <= LARGEST:
        return np.asarray(cloud)
    return np.asarray(cloud)[np.sort(rng.choice(len(cloud), LARGEST, replace=False))]


def _energies(distances: np.ndarray, members: np.ndarray) -> np.ndarray:
    """Energy distance of each split of the same samples, (p, n + m) bool -> (p,) float64.

    Mean distances within a cloud are those of different samples; a sample's distance to itself
    says nothing.
    """
    inside = members.astype(np.float64)
    n, m = int(members[0].sum()), int((~members[0]).sum())
    first = np.einsum("pi,pi->p", inside @ distances, inside)
    across = inside @ distances.sum(axis=1) - first
    second = distances.sum() - first - 2 * across
    result: np.ndarray = 2 * across / (n * m) - first / (n * (n - 1)) - second / (m * (m - 1))
    return result
