"""Detectors that are scored and shown but do not weigh in the ranking.

None of them is reliable alone (the measured table is in tests/benchmarks/detection); asking for
them adds rows to look at and moves no answer.
"""

from __future__ import annotations

from analysis.detect import configs
from analysis.detect.spec import DetectorSpec

_ALONE = frozenset[str]()


def _spec(
    name: str, function: str, config: type, paper: str, says: tuple[str, str], default: bool = False
) -> DetectorSpec:
    """A detector of one group's vectors; `says` is what it shows and what it misses."""
    return DetectorSpec(
        name,
        f"analysis.detect.{function}",
        config,
        _ALONE,
        "group",
        paper,
        *says,
        by_default=default,
        weighs=False,
    )


MORE: tuple[DetectorSpec, ...] = (
    _spec(
        "spectral_topk",
        "spectral_topk:fit_top_spectral",
        configs.TopSpectralConfig,
        "Ramakrishnan and Albarghouthi 2020, arXiv 2006.08062",
        (
            "Squared norm on the ten directions of largest variance",
            "Poison outside them; the largest direction outshouts the rest",
        ),
    ),
    _spec(
        "spectral_whitened",
        "spectral_topk:fit_top_spectral",
        configs.WhitenedSpectralConfig,
        "The same, each direction divided by its variance",
        (
            "Distance from the class's middle inside its ten largest directions",
            "Any rare kind of clean sample looks the same",
        ),
        default=True,
    ),
    _spec(
        "que",
        "que:fit_que",
        configs.QueConfig,
        "Hayase et al. 2021 (SPECTRE), arXiv 2104.11315",
        (
            "Quantum entropy score after a whitening that withstands 10 % of poison",
            "Poison inside the leading covariance; a larger share of it",
        ),
    ),
    _spec(
        "kurtosis",
        "kurtosis:fit_kurtosis",
        configs.KurtosisConfig,
        "Pena and Prieto 2001; start after Cardoso 1989",
        (
            "Directions along which a few samples lie far out",
            "Poison above a fifth of the class; single odd samples look the same",
        ),
    ),
    _spec(
        "lof",
        "lof:fit_lof",
        configs.LofConfig,
        "Breunig et al. 2000 (LOF)",
        (
            "Samples whose surroundings are sparser than their neighbours'",
            "Poison that forms a group of more than 30 samples",
        ),
    ),
    _spec(
        "isolation_forest",
        "isolation_forest:fit_isolation_forest",
        configs.IsolationForestConfig,
        "Liu, Ting and Zhou 2008",
        (
            "Samples that a few random cuts set apart",
            "Poison that is ordinary in every single component",
        ),
    ),
    _spec(
        "ecod",
        "ecod:fit_ecod",
        configs.EcodConfig,
        "Li et al. 2022 (ECOD), arXiv 2201.00382",
        (
            "Samples in the tails of many components",
            "Poison that is ordinary in every single component",
        ),
    ),
    _spec(
        "activation_values",
        "activation_values:fit_activation_values",
        configs.ActivationValuesConfig,
        "After Hussain et al. 2024, arXiv 2402.12936",
        (
            "Neurons that fire far beyond their usual range",
            "A trigger that moves many coordinates a little",
        ),
        default=True,
    ),
    _spec(
        "gram",
        "gram:fit_gram",
        configs.GramConfig,
        "After Ma et al. 2023 (Beatrix), arXiv 2209.11715",
        (
            "Products of activations that the class does not usually show",
            "Poison frequent enough to move the class's own range",
        ),
    ),
    _spec(
        "umap_clusters",
        "umap_clusters:fit_umap_clusters",
        configs.UmapClustersConfig,
        "Cui et al. 2022 (CUBE), arXiv 2206.08514",
        (
            "Samples outside the largest HDBSCAN cluster on UMAP (fitted on 1,500 rows per class)",
            "Flags most of a clean class where HDBSCAN cuts it into many clusters; slow",
        ),
    ),
    DetectorSpec(
        "gradient_clusters",
        "analysis.detect.gradient_clusters:fit_gradient_clusters",
        configs.GradientClustersConfig,
        _ALONE,
        "gradients",
        "After Wu et al. 2025 (GraCeFul), arXiv 2412.02454",
        "Two clusters of the output layer's per-sample gradients; the smaller one is suspicious",
        "A model that is sure of its training labels has gradients near zero; unstable: on another "
        "half of the same rows its AUC moved by up to 0.39",
        by_default=False,
        weighs=False,
    ),
    DetectorSpec(
        "neighbour_ranks",
        "analysis.detect.neighbour_ranks:fit_neighbour_ranks",
        configs.NeighbourRanksConfig,
        _ALONE,
        "layers",
        "After Mo et al. 2024 (TED), arXiv 2312.02673",
        "How late in the layers a sample comes near its predicted class",
        "Tasks whose classes mix in the early layers, as small differences in code do",
        by_default=False,
        weighs=False,
    ),
    DetectorSpec(
        "reference_neighbours",
        "analysis.detect.reference_neighbours:fit_reference_neighbours",
        configs.ReferenceNeighboursConfig,
        frozenset({"reference_activations"}),
        "classes",
        "After Peri et al. 2020 (deep k-NN), arXiv 1909.13374, across two models",
        "Share of the neighbours in the reference's layer that the suspect answers differently",
        "The suspect's ordinary errors look the same; poison that the reference saw as well",
        weighs=False,
    ),
)
