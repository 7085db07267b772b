"""The detectors that exist: what they are called, what they need, see and miss.

Read by menus, help texts, the README table and the contract tests; imports no numeric library
beyond what the settings need. This file holds those that weigh in the ranking, and the
residual against the reference, which weighed until it was measured.
"""

from __future__ import annotations

from collections.abc import Sequence

from analysis.detect import configs
from analysis.detect.more_specs import MORE
from analysis.detect.spec import NEEDS, DetectorSpec
from analysis.errors import RequestError

__all__ = ["ALL", "DETECTORS", "NEEDS", "WEIGHING", "DetectorSpec", "choose", "detector"]

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
        "A trigger that both models represent the same way; ranks poison last as often as first",
        weighs=False,
    ),
    *MORE,
)
ALL = "all"  # in place of names: every detector
WEIGHING = frozenset(spec.name for spec in DETECTORS if spec.weighs)


def detector(name: str) -> DetectorSpec:
    """The detector called `name`.

    Raises:
        RequestError: there is none.
    """
    for spec in DETECTORS:
        if spec.name == name:
            return spec
    known = ", ".join(spec.name for spec in DETECTORS)
    raise RequestError(f"detector '{name}' is unknown.", f"Choose from {known}, or {ALL}.")


def known_names(names: Sequence[str]) -> None:
    """Check that every name is a detector's, or the one for all of them.

    Raises:
        RequestError: a name that is neither.
    """
    for name in names:
        if name != ALL:
            detector(name)


def choose(
    names: Sequence[str], available: frozenset[str]
) -> tuple[tuple[DetectorSpec, ...], dict[str, str]]:
    """Detectors to run and, for the rest, why not.

    Args:
        names: the wanted detectors; empty = those that run by default, "all" = every one.
        available: which of `NEEDS` this inspection has.

    Returns:
        The specs that run, and name -> reason of those that lack something.
    """
    if not names:
        wanted = tuple(spec for spec in DETECTORS if spec.by_default)
    else:
        wanted = DETECTORS if ALL in names else tuple(detector(name) for name in names)
    reasons = {
        spec.name: f"needs {' and '.join(sorted(spec.needs - available)).replace('_', ' ')}"
        for spec in wanted
        if not spec.needs <= available
    }
    return tuple(spec for spec in wanted if spec.name not in reasons), reasons
