"""Gram features: products of activations that no clean sample of the class shows.

After Beatrix (Ma et al. 2023, https://arxiv.org/abs/2209.11715): the Gram matrix of a sample's
features and of their higher powers, entry by entry against the class's median and MAD; the score
adds up how far entries lie outside. Beatrix takes feature maps; a pooled vector has one Gram matrix
z z^T of rank one, taken here over whitened principal components; order p is (z^p (z^p)^T)^(1/p).
Needs: the activations of one class. Blind spot: poison frequent enough to move the class's own
median, and a trigger that changes no pair of components unusually.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.detect.configs import GramConfig
from analysis.detect.whitening import Whitened, whitened

_BLOCK = 2048


@dataclass(frozen=True)
class Gram:
    """Usual range of every entry of the Gram matrices."""

    space: Whitened
    powers: tuple[int, ...]
    middle: np.ndarray  # (e,) float64
    spread: np.ndarray  # (e,) float64 > 0

    def score(self, features: np.ndarray) -> np.ndarray:
        """Mean distance outside the usual range, (n, d) -> (n,) float64 >= 0."""
        points = self.space.points(features)
        parts = [
            np.maximum(
                np.abs(_entries(points[i : i + _BLOCK], self.powers) - self.middle) / self.spread
                - 1.0,
                0.0,
            ).mean(axis=1)
            for i in range(0, len(points), _BLOCK)
        ]
        return np.concatenate(parts)


def fit_gram(features: np.ndarray, config: GramConfig) -> Gram:
    """Fit on (n, d) features, n >= 3.

    Raises:
        KenshinError: fewer than three rows or values that are not finite.
    """
    space = whitened(features, config.n_components)
    entries = _entries(space.cloud, config.powers)
    middle = np.median(entries, axis=0)
    spread = 1.4826 * np.median(np.abs(entries - middle), axis=0)
    floor = 1e-6 * (1.0 + float(np.median(spread)))
    return Gram(space, config.powers, middle, np.maximum(spread, floor))


def _entries(points: np.ndarray, powers: tuple[int, ...]) -> np.ndarray:
    """Upper triangles of all orders side by side, (n, c) -> (n, e) float64."""
    rows, columns = np.triu_indices(points.shape[1])
    parts = []
    for p in powers:
        product = points[:, rows] ** p * points[:, columns] ** p
        parts.append(np.sign(product) * np.abs(product) ** (1.0 / p))
    return np.hstack(parts)
