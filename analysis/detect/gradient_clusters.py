"""Two clusters of per-sample gradients of the output layer; the smaller one suspicious.

Wu et al. 2025 (GraCeFul), https://arxiv.org/abs/2412.02454, and their code: the gradient of each
sample's loss by the output layer, the lowest eighth of its two-dimensional cosine transform, 32
principal components, standardised, two clusters by average linkage of cosine distances. The
gradient of cross-entropy by the weights of a linear output layer on a vector h is the outer product
(p - e_y) h^T, so it is computed from vectors, probabilities and given labels without a backward
pass; for heads with a hidden layer this stands in for the true gradient.
Two things differ from the paper, which filters the whole file with a model that has not learned it
yet: here it looks inside one predicted class, and at the suspect, which has.
Needs: predictions of the model itself. Blind spot: a model that is sure of its training labels has
gradients near zero, whose directions are those of the few unsure samples.
Unstable: fitted on six random halves of the same rows and scored on all of them, the AUC of one
model moved by 0.11 to 0.39 (eight shipped models with poison, seeds 0 to 5); the rank correlation
of two such fits was 0.47 at the lowest, 0.74 to 0.94 in the median of a model.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.detect.configs import GradientClustersConfig
from analysis.detect.matrices import Components, principal_components, require_matrix

MAX_ROWS = 1500  # fitted; the tree costs rows squared
LOWEST = 8  # one frequency in so many is kept, the lowest


@dataclass(frozen=True)
class GradientClusters:
    """Two directions in standardised components of the gradients; the small cluster's first."""

    config: GradientClustersConfig
    components: Components
    scale: np.ndarray  # (c,) float64, standard deviations
    directions: np.ndarray  # (2, c) float64, unit length
    small_share: float  # share of the fitted rows in the small cluster

    def score(self, features: np.ndarray) -> np.ndarray:
        """Cosine to the small cluster less cosine to the other, (n, d + k) -> (n,) float64."""
        gradients = spectra(np.asarray(features, dtype=np.float64), self.config)
        cosines = _directions(gradients, self.components, self.scale) @ self.directions.T
        return np.asarray(cosines[:, 0] - cosines[:, 1])


def fit_gradient_clusters(features: np.ndarray, config: GradientClustersConfig) -> GradientClusters:
    """Cluster n rows, n >= 4: a vector (d) and, behind it, p - e_y (the last `classes` columns).

    Raises:
        KenshinError: fewer than four rows or values that are not finite.
    """
    from scipy.cluster.hierarchy import fcluster, linkage

    matrix = require_matrix(features, min_rows=4, name="the group's vectors and residuals")
    step = max(1, -(-len(matrix) // MAX_ROWS))
    gradients = spectra(matrix[::step], config)
    components = principal_components(gradients, config.n_components)
    spread = ((gradients - components.mean) @ components.axes).std(axis=0)
    # Components that hold nothing but rounding would count like all others.
    scale = np.where(spread > 1e-9 * max(float(spread.max()), 1e-300), spread, np.inf)
    points = _directions(gradients, components, scale)
    # On unit vectors the squared Euclidean distance is twice the cosine's, also for a zero vector.
    clusters = fcluster(linkage(points, "average", "sqeuclidean"), 2, "maxclust") - 1
    small = int(np.bincount(clusters, minlength=2).argmin())
    inside = clusters == small
    middles = np.stack(
        [points[part].mean(axis=0) if part.any() else points[0] for part in (inside, ~inside)]
    )
    return GradientClusters(config, components, scale, _unit(middles), float(inside.mean()))


def _directions(gradients: np.ndarray, components: Components, scale: np.ndarray) -> np.ndarray:
    """Standardised components of unit length, (n, g) -> (n, c) float64."""
    return _unit((gradients - components.mean) @ components.axes / scale)


def _unit(rows: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(length, 1e-12))


def spectra(rows: np.ndarray, config: GradientClustersConfig) -> np.ndarray:
    """Low frequencies of each row's gradient, (n, d + k) -> (n, kept k * kept d) float64.

    The cosine transform of an outer product is the outer product of both transforms.
    """
    from scipy.fft import dct

    vectors, residuals = rows[:, : -config.classes], rows[:, -config.classes :]
    if config.cosine:
        vectors = _lowest(dct(vectors, norm="ortho", axis=1))
        residuals = _lowest(dct(residuals, norm="ortho", axis=1))
    gradients: np.ndarray = (residuals[:, :, None] * vectors[:, None, :]).reshape(len(rows), -1)
    return gradients


def _lowest(spectrum: np.ndarray) -> np.ndarray:
    """The lowest eighth; two at least, since the first tells nothing about p - e_y."""
    return spectrum[:, : max(2, spectrum.shape[1] // LOWEST)]
