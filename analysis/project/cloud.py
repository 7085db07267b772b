"""The vectors of both models at one site as one cloud of different points.

Equal vectors become one point. So a sample that both models see alike gets one place on every
map, and neither the order of the samples nor that of the models changes a map.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from analysis.errors import RequestError
from analysis.project.basis import Basis, fit_basis
from analysis.project.config import MapConfig
from analysis.project.knn import Neighbours, nearest_others
from analysis.records import Site


@dataclass(frozen=True)
class Cloud:
    """Different points of one site and which sample of which model sits on which."""

    site: Site
    basis: Basis
    features: np.ndarray  # (u, c) float32, joint principal components
    members: Mapping[str, np.ndarray]  # role -> (m,) int64, the point of each drawn sample
    neighbours_wanted: int

    @cached_property
    def neighbours(self) -> Neighbours:
        """Exact neighbour graph, at most `neighbours_wanted` per point, in units of the scale."""
        k = min(self.neighbours_wanted, len(self.features) - 1)
        return nearest_others(self.features / np.float32(self.basis.scale), k)

    def restricted(self, drawn: np.ndarray) -> Cloud:
        """The cloud of some drawn samples only, (p,) int positions, on the same axes."""
        chosen = {role: points[drawn] for role, points in self.members.items()}
        points = np.unique(np.concatenate(list(chosen.values())))
        members = {role: np.searchsorted(points, own) for role, own in chosen.items()}
        return Cloud(self.site, self.basis, self.features[points], members, self.neighbours_wanted)


def build_cloud(site: Site, vectors: Mapping[str, np.ndarray], config: MapConfig) -> Cloud:
    """Join the drawn vectors of each role, role -> (m, d) float, finite, same m and d.

    Raises:
        RequestError: the models' vectors differ in number or width, or are not finite.
    """
    _check(site, vectors)
    stacked = np.concatenate([np.asarray(v, dtype=np.float32) for v in vectors.values()])
    points, inverse, counts = _different(stacked)
    if len(points):
        basis = fit_basis(points, counts, config.components, config.seed)
    else:
        width = stacked.shape[1]
        basis = Basis(np.zeros(width), np.zeros((width, 0)), np.zeros(0), 0.0)
    if len(points) == 1:  # rounding of the mean must not look like an extent
        basis = Basis(basis.mean, basis.axes, np.zeros_like(basis.variances), 0.0)
    split = np.split(inverse, len(vectors))
    k = max(int(3 * config.perplexity), config.neighbors)
    return Cloud(site, basis, basis.transform(points), dict(zip(vectors, split, strict=True)), k)


def _different(vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Different rows in a fixed order, the row of each input, and how often each occurs."""
    values = np.ascontiguousarray(vectors + np.float32(0))  # -0 and 0 are one value
    raw = values.view(np.dtype((np.void, values.shape[1] * values.itemsize))).ravel()
    _, first, inverse, counts = np.unique(
        raw, return_index=True, return_inverse=True, return_counts=True
    )
    return values[first], inverse.astype(np.int64), counts.astype(np.int64)


def _check(site: Site, vectors: Mapping[str, np.ndarray]) -> None:
    shapes = {role: np.shape(values) for role, values in vectors.items()}
    for role, shape in shapes.items():
        if len(shape) != 2 or shape[1] == 0:
            raise RequestError(
                f"the vectors of the {role} at {site} have shape {shape}, "
                "expected (samples, width)."
            )
        if not np.isfinite(vectors[role]).all():
            raise RequestError(
                f"some vectors of the {role} at {site} are not finite.",
                "Leave those samples out of the map, or compute in a higher precision.",
            )
    if len(set(shapes.values())) > 1:
        text = ", ".join(f"{role} {shape}" for role, shape in shapes.items())
        raise RequestError(
            f"the vectors at {site} differ in shape: {text}.",
            "A joint map needs two models of the same width over the same samples.",
        )
