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


@dataclass(frozen=True)
class TopSpectralConfig:
    """`k` directions, 1 to 10; `whitened` divides each by its variance."""

    k: int = 10
    whitened: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.k <= 10:
            raise RequestError(f"k is {self.k}, expected 1 to 10 directions.")


@dataclass(frozen=True)
class WhitenedSpectralConfig(TopSpectralConfig):
    """The same, whitened."""

    whitened: bool = True


@dataclass(frozen=True)
class QueConfig:
    """`poison_share`: share of poison that the robust covariance withstands."""

    n_components: int = 30
    alpha: float = 4.0
    poison_share: float = 0.1

    def __post_init__(self) -> None:
        if not 0.0 < self.poison_share < 0.5:
            raise RequestError(f"poison share is {self.poison_share}, expected 0 to 0.5.")


@dataclass(frozen=True)
class KurtosisConfig:
    """Number of heavy-tailed directions among the whitened components."""

    n_components: int = 30
    directions: int = 3


@dataclass(frozen=True)
class LofConfig:
    """Neighbours, and principal components they are searched in."""

    k: int = 30
    n_components: int = 30


@dataclass(frozen=True)
class IsolationForestConfig:
    """Trees, and whitened components they cut."""

    trees: int = 100
    n_components: int = 30
    seed: int = 0


@dataclass(frozen=True)
class EcodConfig:
    """Whitened components whose tails are looked at."""

    n_components: int = 30


@dataclass(frozen=True)
class ActivationValuesConfig:
    """How many of the most extreme coordinates are averaged."""

    top: int = 3


@dataclass(frozen=True)
class GramConfig:
    """Powers of the features whose products are compared."""

    n_components: int = 20
    powers: tuple[int, ...] = (1, 2, 4)


@dataclass(frozen=True)
class UmapClustersConfig:
    """`max_rows` are fitted per class, so that two classes make 3,000 (their UMAP costs most)."""

    n_components: int = 50
    min_cluster: int = 30
    max_rows: int = 1500
    seed: int = 0


@dataclass(frozen=True)
class NeighbourRanksConfig:
    """`shrinkage` None: estimated by Ledoit and Wolf's formula."""

    shrinkage: float | None = None


@dataclass(frozen=True)
class GradientClustersConfig:
    """`classes` columns of p - e_y stand behind each vector; `cosine`: transform and crop."""

    classes: int = 2
    n_components: int = 32
    cosine: bool = True


@dataclass(frozen=True)
class ReferenceNeighboursConfig:
    """Neighbours asked, and principal components they are searched in."""

    k: int = 100
    n_components: int = 30
