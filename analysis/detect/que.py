"""Quantum entropy score after robust whitening (SPECTRE).

Hayase et al. 2021, https://arxiv.org/abs/2104.11315: project on the leading k directions, whiten
with a covariance that is *robust* against the poison, then tau_i = h_i^T Q h_i / tr(Q) with
Q = exp(alpha (S - I) / (||S||_2 - 1)), S the covariance of all whitened rows, alpha = 4. Here the
robust covariance is a trimmed one: rows beyond the (1 - 1.5 eps) quantile of the distance are left
out and the rest is fitted again, some rounds (the original uses a filter of its own).
Needs: the activations of one class. Blind spot: poison that hides in the leading covariance, and a
share of poison above 1.5 eps.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import expm

from analysis.detect.configs import QueConfig
from analysis.detect.matrices import Components, principal_components, require_matrix

_ROUNDS = 10


@dataclass(frozen=True)
class Que:
    """Robust centre and whitening of one group, and the matrix that weighs its directions."""

    components: Components
    centre: np.ndarray  # (c,) float64
    whitening: np.ndarray  # (c, c) float64
    weights: np.ndarray  # (c, c) float64, Q / tr(Q)

    def score(self, features: np.ndarray) -> np.ndarray:
        """Quantum entropy score, (n, d) -> (n,) float64 >= 0."""
        points = (np.asarray(features, dtype=np.float64) - self.components.mean) @ (
            self.components.axes
        )
        white = (points - self.centre) @ self.whitening
        return np.einsum("nc,cd,nd->n", white, self.weights, white)


def fit_que(features: np.ndarray, config: QueConfig) -> Que:
    """Fit on (n, d) features, n >= 4.

    Raises:
        KenshinError: fewer than four rows or values that are not finite.
    """
    matrix = require_matrix(features, min_rows=4, name="the group's activations")
    components = principal_components(matrix, config.n_components)
    points = (matrix - components.mean) @ components.axes
    centre, whitening = _robust(points, 1.5 * config.poison_share)
    white = (points - centre) @ whitening
    covariance = white.T @ white / len(white)
    identity = np.eye(len(covariance))
    excess = float(np.linalg.norm(covariance, 2)) - 1.0
    # Without excess variance no direction is singled out: all weigh the same.
    scaled = (covariance - identity) / excess if excess > 1e-9 else np.zeros_like(identity)
    weights = expm(config.alpha * scaled)
    return Que(components, centre, whitening, weights / np.trace(weights))


def _robust(points: np.ndarray, trimmed: float) -> tuple[np.ndarray, np.ndarray]:
    """Centre and symmetric inverse root of the covariance of the inner 1 - `trimmed` rows."""
    keep = np.ones(len(points), dtype=bool)
    count = max(int(np.ceil((1.0 - trimmed) * len(points))), 2)
    for _ in range(_ROUNDS):
        centre = points[keep].mean(axis=0)
        root = _inverse_root(np.cov(points[keep].T, ddof=0).reshape(points.shape[1], -1))
        distance = (((points - centre) @ root) ** 2).sum(axis=1)
        inner = distance <= np.partition(distance, count - 1)[count - 1]
        if np.array_equal(inner, keep):
            break
        keep = inner
    return centre, root


def _inverse_root(covariance: np.ndarray) -> np.ndarray:
    values, axes = np.linalg.eigh(covariance)
    # Trimming can take a direction's whole variance; it must not then count for everything.
    floor = 1e-6 * max(float(values[-1]), np.finfo(float).tiny)
    return np.asarray((axes / np.sqrt(np.maximum(values, floor))) @ axes.T)
