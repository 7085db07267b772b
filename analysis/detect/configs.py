"""Settings of each detector; no scientific library is imported here, so menus stay light."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.errors import RequestError


@dataclass(frozen=True)
class ActivationClusteringConfig:
    """PCA to `n_components`, then two clusters (ART's defaults)."""

    n_components: int = 10
    silhouette_rows: int = 2000  # the silhouette costs rows squared


@dataclass(frozen=True)
class SpectralConfig:
    """`mode` paper: centred and squared; art: uncentred and absolute."""

    mode: str = "paper"

    def __post_init__(self) -> None:
        if self.mode not in ("paper", "art"):
            raise RequestError(f"spectral mode '{self.mode}' is unknown.", "Choose paper or art.")


@dataclass(frozen=True)
class MahalanobisConfig:
    """`shrinkage` None: estimated by Ledoit and Wolf's formula."""

    shrinkage: float | None = None

    def __post_init__(self) -> None:
        if self.shrinkage is not None and not 0.0 < self.shrinkage <= 1.0:
            raise RequestError(f"shrinkage is {self.shrinkage}, expected above 0 up to 1.")


@dataclass(frozen=True)
class KnnConfig:
    """`within`: the scored rows are the fitted rows, so a row is not its own neighbour."""

    k: int = 20
    n_components: int = 30
    within: bool = False


@dataclass(frozen=True)
class DensityConfig:
    """Local density among whitened principal components."""

    k: int = 20
    n_components: int = 30


@dataclass(frozen=True)
class DisagreementConfig:
    """The comparison of two predictions has nothing to set."""


@dataclass(frozen=True)
class ResidualConfig:
    """Ridge strength relative to the mean variance of the reference's features."""

    ridge: float = 1e-3
    folds: int = 2
    seed: int = 0
    width: int | None = None  # the suspect's d; None: half of the columns
