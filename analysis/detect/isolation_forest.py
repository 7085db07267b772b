"""Isolation forest: how few random cuts set a sample apart.

Liu, Ting and Zhou 2008, https://doi.org/10.1109/ICDM.2008.17 (100 trees of 256 rows), on whitened
principal components.
Needs: the activations of one class. Blind spot: poison inside the bulk of every single component;
the cuts are parallel to the axes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.detect.configs import IsolationForestConfig
from analysis.detect.whitening import Whitened, canonical_order, whitened


@dataclass(frozen=True)
class IsolationForestFit:
    """A fitted scikit-learn forest."""

    space: Whitened
    model: Any

    def score(self, features: np.ndarray) -> np.ndarray:
        """Anomaly score of each row, (n, d) -> (n,) float64 in (0, 1)."""
        return np.asarray(-self.model.score_samples(self.space.points(features)))


def fit_isolation_forest(features: np.ndarray, config: IsolationForestConfig) -> IsolationForestFit:
    """Fit on (n, d) features, n >= 3.

    Raises:
        KenshinError: fewer than three rows or values that are not finite.
    """
    from sklearn.ensemble import IsolationForest

    space = whitened(features, config.n_components)
    ordered = space.cloud[canonical_order(space.cloud)]
    forest = IsolationForest(n_estimators=config.trees, random_state=config.seed)
    return IsolationForestFit(space, forest.fit(ordered))
