"""Disagreement of the suspect with a clean reference model, sample by sample.

Score = suspect's probability of the class it predicts minus the reference's probability of that
class. In our own measurements the strongest signal after label association.
Needs: both models' predictions. Blind spot: ordinary errors of either model; says nothing where
the reference was not trained for the task.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.detect.configs import DisagreementConfig
from analysis.detect.matrices import require_matrix
from analysis.errors import KenshinError


@dataclass(frozen=True)
class Disagreement:
    """Nothing is fitted but the number of classes."""

    n_classes: int

    def score(self, features: np.ndarray) -> np.ndarray:
        """Suspect's surplus, (n, 2k) -> (n,) float64 in [-1, 1].

        `features` holds the suspect's k probabilities, then the reference's.
        """
        values = np.asarray(features, dtype=np.float64)
        suspect, reference = values[:, : self.n_classes], values[:, self.n_classes :]
        rows = np.arange(len(values))
        predicted = suspect.argmax(axis=1)
        return np.asarray(suspect[rows, predicted] - reference[rows, predicted])


def fit_disagreement(features: np.ndarray, config: DisagreementConfig) -> Disagreement:
    """Read the number of classes from (n, 2k) probabilities side by side.

    Raises:
        KenshinError: an odd number of columns: the models have different classes.
    """
    matrix = require_matrix(features, min_rows=1, name="the predictions")
    if matrix.shape[1] % 2:
        raise KenshinError(
            f"the two models predict {matrix.shape[1]} classes together, an odd number.",
            "Compare models with the same classes.",
        )
    return Disagreement(matrix.shape[1] // 2)
