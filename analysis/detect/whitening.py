"""Whitened principal components, which several detectors start from."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from analysis.detect.matrices import Components, principal_components, require_matrix


class Whitened(NamedTuple):
    """A cloud of unit variance along its leading principal components."""

    components: Components
    cloud: np.ndarray  # (n, c) float64, mean 0, covariance I

    def points(self, features: np.ndarray) -> np.ndarray:
        """Other rows in the same coordinates, (m, d) -> (m, c) float64."""
        return whiten(features, self.components)


def whitened(features: np.ndarray, n_components: int, min_rows: int = 3) -> Whitened:
    """Whiten (n, d) features.

    Raises:
        KenshinError: fewer than `min_rows` rows or values that are not finite.
    """
    matrix = require_matrix(features, min_rows=min_rows, name="the group's activations")
    components = principal_components(matrix, n_components)
    return Whitened(components, whiten(matrix, components))


def whiten(features: np.ndarray, components: Components) -> np.ndarray:
    """Coordinates of unit variance, (m, d) -> (m, c) float64."""
    centred = np.asarray(features, dtype=np.float64) - components.mean
    scale = np.sqrt(np.maximum(components.variance, np.finfo(float).tiny))
    return np.asarray(centred @ components.axes / scale)


def canonical_order(points: np.ndarray) -> np.ndarray:
    """An order of the rows that does not depend on the order they came in, (n, c) -> (n,) int64.

    Methods that draw rows by a seed then give each sample the same score in every file order.
    """
    rounded = np.round(points, 9)
    return np.lexsort(rounded.T[::-1])
