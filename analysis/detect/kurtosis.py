"""Directions along which a few samples lie far out: largest kurtosis among whitened components.

Projection pursuit by kurtosis (Pena and Prieto 2001, Technometrics 43): a small group at a share
eps, moved along u, gives the projection on u a kurtosis of about 1 / eps, while natural directions
have about 3. The start is Cardoso's fourth-order matrix E[||z||^2 z z^T] (1989, FOBI), whose top
eigenvectors are refined by the fixed point w <- E[z (w.z)^3] - 3 w. Score: the squared projections
on the directions found, added up.
Needs: the activations of one class. Blind spot: poison above about a fifth of the class, whose
kurtosis falls below the normal one; single odd samples have a large kurtosis too.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.detect.configs import KurtosisConfig
from analysis.detect.whitening import Whitened, whitened

_STEPS = 50


@dataclass(frozen=True)
class Kurtosis:
    """The heaviest-tailed directions of one group."""

    space: Whitened
    directions: np.ndarray  # (c, r) float64, orthonormal columns
    kurtosis: np.ndarray  # (r,) float64 of the fitted rows along each

    def score(self, features: np.ndarray) -> np.ndarray:
        """Squared projection on the directions, (n, d) -> (n,) float64 >= 0."""
        along = self.space.points(features) @ self.directions
        return np.einsum("nr,nr->n", along, along)


def fit_kurtosis(features: np.ndarray, config: KurtosisConfig) -> Kurtosis:
    """Fit on (n, d) features, n >= 3.

    Raises:
        KenshinError: fewer than three rows or values that are not finite.
    """
    space = whitened(features, config.n_components)
    cloud = space.cloud
    weights = (cloud**2).sum(axis=1)
    _, starts = np.linalg.eigh(cloud.T @ (cloud * weights[:, None]) / len(cloud))
    starts = starts[:, ::-1]
    found = np.empty((cloud.shape[1], 0))
    for number in range(min(config.directions, cloud.shape[1])):
        found = np.column_stack([found, _refine(cloud, starts[:, number], found)])
    along = cloud @ found
    return Kurtosis(space, found, (along**4).mean(axis=0) / (along**2).mean(axis=0) ** 2)


def _refine(cloud: np.ndarray, start: np.ndarray, found: np.ndarray) -> np.ndarray:
    """The fixed point near `start`, orthogonal to the directions `found` before."""
    best = _unit(start - found @ (found.T @ start), start)
    best_value = ((cloud @ best) ** 4).mean()
    w = best
    for _ in range(_STEPS):
        along = cloud @ w
        moved = cloud.T @ along**3 / len(cloud) - 3.0 * w
        moved = _unit(moved - found @ (found.T @ moved), w)
        value = ((cloud @ moved) ** 4).mean()
        if value <= best_value * (1.0 + 1e-9):
            break
        best, best_value, w = moved, value, moved
    return best


def _unit(vector: np.ndarray, fallback: np.ndarray) -> np.ndarray:
    length = float(np.linalg.norm(vector))
    return vector / length if length > 1e-12 else fallback
