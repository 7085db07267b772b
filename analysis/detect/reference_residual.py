"""What the suspect's vector holds that a linear map of the reference's vector does not.

Ridge regression from reference to suspect activations of the same samples, fitted on one fold
and scored on the other, so that no sample helps to explain itself; the residual is measured in
units of its own covariance.
Needs: the reference's activations at the same site. Blind spot: a trigger that both models
represent the same way, and every unrelated difference between two trainings.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.detect.configs import MahalanobisConfig, ResidualConfig
from analysis.detect.mahalanobis import Mahalanobis, fit_mahalanobis
from analysis.detect.matrices import require_matrix


@dataclass(frozen=True)
class ReferenceResidual:
    """One linear map and residual cloud per fold."""

    width: int  # suspect's d; the rest of each row is the reference's
    maps: tuple[np.ndarray, ...]  # each (d_reference + 1, d) float64
    clouds: tuple[Mahalanobis, ...]
    folds: np.ndarray  # (n,) int64, fold of each fitted row

    def score(self, features: np.ndarray) -> np.ndarray:
        """Squared residual distance, (n, d + d_reference) -> (n,) float64.

        The fitted rows, in their order, are scored by the map that did not see them; other
        rows by the mean over all maps.
        """
        values = np.asarray(features, dtype=np.float64)
        suspect, reference = values[:, : self.width], _with_one(values[:, self.width :])
        scores = np.stack(
            [c.score(suspect - reference @ m) for m, c in zip(self.maps, self.clouds, strict=True)]
        )
        if len(values) != len(self.folds):
            return np.asarray(scores.mean(axis=0))
        return np.asarray(scores[self.folds, np.arange(len(values))])


def fit_reference_residual(features: np.ndarray, config: ResidualConfig) -> ReferenceResidual:
    """Fit on (n, d + d_reference) rows side by side, n >= 8.

    Raises:
        KenshinError: fewer than eight rows or values that are not finite.
    """
    matrix = require_matrix(features, min_rows=8, name="the paired activations")
    width = matrix.shape[1] // 2 if config.width is None else config.width
    folds = np.arange(len(matrix)) % config.folds
    np.random.default_rng(config.seed).shuffle(folds)
    suspect, reference = matrix[:, :width], _with_one(matrix[:, width:])
    maps, clouds = [], []
    for fold in range(config.folds):
        rows = folds != fold
        weights = _ridge(reference[rows], suspect[rows], config.ridge)
        maps.append(weights)
        clouds.append(
            fit_mahalanobis(suspect[rows] - reference[rows] @ weights, MahalanobisConfig())
        )
    return ReferenceResidual(width, tuple(maps), tuple(clouds), folds)


def _with_one(values: np.ndarray) -> np.ndarray:
    return np.hstack([values, np.ones((len(values), 1))])


def _ridge(inputs: np.ndarray, outputs: np.ndarray, strength: float) -> np.ndarray:
    gram = inputs.T @ inputs
    scale = float(np.trace(gram)) / len(gram)
    penalty = np.full(len(gram), strength * scale)
    penalty[-1] = 1e-9 * scale  # the intercept is not shrunk
    return np.linalg.solve(gram + np.diag(penalty), inputs.T @ outputs)
