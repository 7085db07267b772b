"""What decides how a map looks, besides the vectors it draws."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from analysis.config import PROJECTIONS
from analysis.errors import RequestError

_AT_LEAST = {
    "max_points": 1,
    "components": 2,
    "neighbors": 2,
    "umap_epochs": 1,
    "tsne_early_iterations": 0,
    "tsne_iterations": 1,
    "quality_points": 10,
    "stability_points": 0,
    "threads": 1,
}


@dataclass(frozen=True)
class MapConfig:
    """Everything that decides a map.

    The defaults keep one map of 3,000 samples x 2 models near two seconds on one thread; more
    iterations changed trustworthiness there by less than 0.001.

    Raises:
        RequestError: a value outside its choices or range.
    """

    method: str = "pca"
    seed: int = 0
    max_points: int = 3000  # samples drawn; each model has one point per sample
    components: int = 50  # principal components that t-SNE, UMAP and their placing see
    perplexity: float = 30.0  # t-SNE
    tsne_early_iterations: int = 150
    tsne_iterations: int = 250
    neighbors: int = 15  # UMAP, and the neighbourhood that all quality figures use
    min_dist: float = 0.1  # UMAP
    umap_epochs: int = 200
    quality_points: int = 1000  # samples that trustworthiness and continuity are measured on
    stability_points: int = 500  # samples of the second fit; 0 = do not measure
    threads: int = 1  # t-SNE only; same seed and same threads = same bytes

    def __post_init__(self) -> None:
        if self.method not in PROJECTIONS:
            raise RequestError(
                f"projection '{self.method}' is unknown.", f"Choose from {', '.join(PROJECTIONS)}."
            )
        for name, least in _AT_LEAST.items():
            value = getattr(self, name)
            if value < least:
                raise RequestError(f"map setting {name} is {value}, expected {least} or more.")
        if not 0 <= self.seed < 2**32:
            raise RequestError(f"seed is {self.seed}, expected 0 to 4294967295.")
        if not self.perplexity >= 2:
            raise RequestError(f"map perplexity is {self.perplexity}, expected 2 or more.")
        if not 0 <= self.min_dist < 1:
            raise RequestError(f"map min_dist is {self.min_dist}, expected 0 to below 1.")

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values with every default filled in."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> MapConfig:
        """The configuration a stored map describes; an unknown key is a RequestError."""
        known = {field.name for field in fields(cls)}
        unknown = sorted(set(values) - known)
        if unknown:
            raise RequestError(
                f"unknown map setting '{unknown[0]}'.", f"Known: {', '.join(sorted(known))}."
            )
        return cls(**values)
