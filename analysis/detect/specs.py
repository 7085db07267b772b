"""The detectors that exist: what they are called, what they need, see and miss.

Read by menus, help texts, the README table and the contract tests; imports no numeric library
beyond what the settings need.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.detect import configs
from analysis.errors import RequestError

NEEDS = ("trusted", "reference_activations", "reference_predictions")


@dataclass(frozen=True)
class DetectorSpec:
    """One detector: higher scores are more suspicious, always.

    `fits_on` says which cloud `function(cloud, config)` gets: "group" (the scored rows
    themselves), "trusted", "trusted_or_group", "paired" (suspect and reference side by side) or
    "predictions" (probabilities of both models side by side).
    """

    name: str
    function: str  # "module:function"
    config: type
    needs: frozenset[str]
    fits_on: str
    paper: str
    summary: str
    misses: str

    def resolve(self) -> Callable[[Any, Any], Any]:
        """The fit function; imports its module."""
        module, name = self.function.split(":")
        return getattr(importlib.import_module(module), name)  # type: ignore[no-any-return]


DETECTORS: tuple[DetectorSpec, ...] = (
    DetectorSpec(
        "activation_clustering",
        "analysis.detect.activation_clustering:fit_activation_clustering",
        configs.ActivationClusteringConfig,
        frozenset(),
        "group",
        "Chen et al. 2018, arXiv 1811.03728",
        "Two clusters in ten principal components; the smaller one is suspicious",
        "Poison that forms no second cluster: the usual case at 2 to 5 % of a code model's data",
    ),
    DetectorSpec(
        "spectral",
        "analysis.detect.spectral:fit_spectral",
        configs.SpectralConfig,
        frozenset(),
        "group",
        "Tran, Li and Madry 2018, arXiv 1811.00636",
        "Squared projection on the direction of largest variance",
        "Poison outside the largest direction; a clean model's flipped labels look the same",
    ),
    DetectorSpec(
        "mahalanobis",
        "analysis.detect.mahalanobis:fit_mahalanobis",
        configs.MahalanobisConfig,
        frozenset({"trusted"}),
        "trusted",
        "Lee et al. 2018, arXiv 1807.03888",
        "Distance from the cloud of trusted samples",
        "A trigger that moves activations along directions of large natural variance",
    ),
    DetectorSpec(
        "knn_distance",
        "analysis.detect.knn_distance:fit_knn_distance",
        configs.KnnConfig,
        frozenset(),
        "trusted_or_group",
        "Sun et al. 2022, arXiv 2204.06507",
        "Distance to the k-th nearest trusted sample, or to the k-th nearest of the same group",
        "Poison so frequent that poisoned samples are one another's neighbours",
    ),
    DetectorSpec(
        "density",
        "analysis.detect.density:fit_density",
        configs.DensityConfig,
        frozenset(),
        "group",
        "Breunig et al. 2000 (local density), in whitened principal components",
        "How closely a sample's nearest neighbours stand: a trigger draws its samples together",
        "Its sign is unstable: rare poison is sparser, not denser, than clean samples",
    ),
    DetectorSpec(
        "disagreement",
        "analysis.detect.disagreement:fit_disagreement",
        configs.DisagreementConfig,
        frozenset({"reference_predictions"}),
        "predictions",
        "Prediction comparison with an independently trained clean model",
        "How much surer the suspect is of its answer than the reference",
        "Ordinary errors of either model; useless against a pretrained base without a head",
    ),
    DetectorSpec(
        "reference_residual",
        "analysis.detect.reference_residual:fit_reference_residual",
        configs.ResidualConfig,
        frozenset({"reference_activations"}),
        "paired",
        "Linear map between two models' activations (ridge regression)",
        "Distance between the suspect's vector and its prediction from the reference's vector",
        "A trigger that both models represent the same way",
    ),
)


def detector(name: str) -> DetectorSpec:
    """The detector called `name`.

    Raises:
        RequestError: there is none.
    """
    for spec in DETECTORS:
        if spec.name == name:
            return spec
    known = ", ".join(spec.name for spec in DETECTORS)
    raise RequestError(f"detector '{name}' is unknown.", f"Choose from {known}.")


def choose(
    names: Sequence[str], available: frozenset[str]
) -> tuple[tuple[DetectorSpec, ...], dict[str, str]]:
    """Detectors to run and, for the rest, why not.

    Args:
        names: the wanted detectors; empty = all that can run.
        available: which of `NEEDS` this inspection has.

    Returns:
        The specs that run, and name -> reason of those that lack something.
    """
    wanted = tuple(detector(name) for name in names) if names else DETECTORS
    reasons = {
        spec.name: f"needs {' and '.join(sorted(spec.needs - available)).replace('_', ' ')}"
        for spec in wanted
        if not spec.needs <= available
    }
    return tuple(spec for spec in wanted if spec.name not in reasons), reasons
