"""Samples whose neighbours in the reference's layer get another answer from the suspect.

Deep k-NN (Peri et al. 2020, https://arxiv.org/abs/1909.13374) across two models: the clean
reference puts a triggered sample among those of its true class, whose answers by the suspect are
the true class's; only the triggered one is answered otherwise. The score is the share of its 100
nearest neighbours in the *reference's* vectors (30 principal components) that
the suspect answers differently, the i-th weighted by 1 / sqrt(i). The reference needs no head. The
layer to believe is the one where neighbours agree most over all samples, which needs no truth.
Needs: the reference's activations and two classes predicted by the suspect. Blind spot: ordinary
errors of the suspect look the same; poison that the reference saw as well; layers before the task's
classes part.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.detect.configs import ReferenceNeighboursConfig
from analysis.detect.matrices import Components, principal_components, require_matrix
from analysis.detect.neighbours import nearest_rows

_SAME = 1e-9  # of the mean squared norm: a row at this distance is the sample itself
_MAX_CLOUD = 5000  # more known samples cost time and change shares little


@dataclass(frozen=True)
class ReferenceNeighbours:
    """Every sample in the reference's principal components, with the suspect's answer."""

    components: Components
    cloud: np.ndarray  # (m, c) float64
    classes: np.ndarray  # (m,) float64
    k: int

    def score(self, features: np.ndarray) -> np.ndarray:
        """Weighted share of other answers, (n, d + 1) -> (n,) float64 in [0, 1].

        The last column is the suspect's answer. A row's own copy in the cloud does not count.
        """
        values = np.asarray(features, dtype=np.float64)
        points = (values[:, :-1] - self.components.mean) @ self.components.axes
        rows, squared = nearest_rows(points, self.cloud, self.k + 1)
        other = (self.classes[rows] != values[:, -1:]).astype(np.float64)
        scale = float(np.einsum("mc,mc->m", self.cloud, self.cloud).mean())
        own = squared[:, 0] <= _SAME * (scale + 1e-12)
        kept = np.where(own[:, None], other[:, 1:], other[:, :-1])
        weights = 1.0 / np.sqrt(np.arange(1, kept.shape[1] + 1))
        return np.asarray(kept @ weights / weights.sum())


def fit_reference_neighbours(
    features: np.ndarray, config: ReferenceNeighboursConfig
) -> ReferenceNeighbours:
    """Keep (n, d + 1) rows, the reference's vectors and the suspect's answer, n >= 3.

    Raises:
        KenshinError: fewer than three rows or values that are not finite.
    """
    matrix = require_matrix(features, min_rows=3, name="the reference's activations")
    vectors, classes = matrix[:, :-1], matrix[:, -1]
    components = principal_components(vectors, config.n_components)
    step = max(1, -(-len(matrix) // _MAX_CLOUD))
    cloud = (vectors[::step] - components.mean) @ components.axes
    return ReferenceNeighbours(components, cloud, classes[::step], min(config.k, len(cloud) - 2))
