"""Principal component map: exact, linear, the same for every seed.

Pearson, 1901. Blind spot: whatever is not among the two directions of largest joint variance.
"""

from __future__ import annotations

import numpy as np

from analysis.project.config import MapConfig
from analysis.project.knn import Neighbours
from analysis.project.layout import Layout


def fit_pca(features: np.ndarray, neighbours: Neighbours | None, config: MapConfig) -> np.ndarray:
    """The first two components, (n, c) -> (n, 2) float32; a missing second one is 0."""
    return first_two(features)


def place_pca(layout: Layout, new: np.ndarray, config: MapConfig) -> np.ndarray:
    """Exact place of new points, (m, c) -> (m, 2) float32: the same linear map."""
    return first_two(new)


def first_two(features: np.ndarray) -> np.ndarray:
    """The first two columns of (n, c), filled with zeros where c < 2."""
    result = np.zeros((len(features), 2), dtype=np.float32)
    width = min(2, features.shape[1])
    result[:, :width] = features[:, :width]
    return result
