"""A finished map that can place new points and be stored without pickle."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any
from zipfile import BadZipFile

import numpy as np

from analysis.errors import RequestError
from analysis.project.basis import Basis
from analysis.project.config import MapConfig
from analysis.project.knn import nearest
from analysis.project.layout import Layout
from analysis.project.specs import projector
from analysis.records import Site

FORMAT_VERSION = 1
_SAME_POINT = 1e-5  # of the cloud's extent; float32 components agree far closer than that


@dataclass(frozen=True)
class FittedMap:
    """One joint map of one site; fitted points keep their place for ever."""

    site: Site
    config: MapConfig
    drawn_by: str  # the method, or "pca" where there were too few different vectors for it
    basis: Basis
    features: np.ndarray  # (u, c) float32
    layout: np.ndarray  # (u, 2) float32
    members: Mapping[str, np.ndarray]  # role -> (m,) int64, the point of each drawn sample
    rows: np.ndarray  # (m,) int64, the samples drawn
    warnings: tuple[str, ...] = ()

    @property
    def coordinates(self) -> dict[str, np.ndarray]:
        """Role -> (m, 2) float32, in the order of `rows`."""
        return {role: self.layout[points] for role, points in self.members.items()}

    def place(self, vectors: np.ndarray) -> np.ndarray:
        """Coordinates of new vectors on this map, (m, d) float -> (m, 2) float32.

        Exact for PCA. Otherwise a vector that equals a fitted one gets that one's place and any
        other is placed among its nearest fitted points, whatever else is placed with it.

        Raises:
            RequestError: another width than the map's, or values that are not finite.
        """
        vectors = np.asarray(vectors)
        if vectors.ndim != 2 or vectors.shape[1] != len(self.basis.mean):
            raise RequestError(
                f"vectors of shape {vectors.shape} do not fit the map of {self.site}, "
                f"expected (samples, {len(self.basis.mean)}).",
                "Place vectors of the same site of a model of the same width.",
            )
        if not np.isfinite(vectors).all():
            raise RequestError(f"some new vectors for the map of {self.site} are not finite.")
        if len(vectors) == 0 or len(self.layout) == 0:
            return np.zeros((len(vectors), 2), dtype=np.float32)
        new = self.basis.transform(vectors)
        function = load_function(projector(self.drawn_by).place)
        layout = Layout(self.features, self.layout, self.basis.scale)
        if self.drawn_by == "pca":
            return function(layout, new, self.config)
        closest = nearest(new / layout.scale, self.features / layout.scale, 1)
        result = self.layout[closest.indices[:, 0]]
        moved = closest.distances[:, 0] > _SAME_POINT
        if moved.any():
            result[moved] = function(layout, new[moved], self.config)
        return result


def load_function(path: str) -> Callable[..., np.ndarray]:
    """The function that a spec names as "module:function"."""
    module, _, name = path.partition(":")
    return getattr(import_module(module), name)


def pack_map(fitted: FittedMap) -> bytes:
    """The map as the bytes of an .npz file without pickle; equal maps give equal bytes."""
    head = {
        "format_version": FORMAT_VERSION,
        "site": list(fitted.site),
        "config": fitted.config.to_json(),
        "drawn_by": fitted.drawn_by,
        "total_variance": fitted.basis.total_variance,
        "roles": list(fitted.members),
        "warnings": list(fitted.warnings),
    }
    arrays = {f"member_{i}": points for i, points in enumerate(fitted.members.values())}
    buffer = io.BytesIO()
    np.savez(
        buffer,
        allow_pickle=False,
        head=np.frombuffer(json.dumps(head, sort_keys=True).encode(), dtype=np.uint8),
        mean=fitted.basis.mean,
        axes=fitted.basis.axes,
        variances=fitted.basis.variances,
        features=fitted.features,
        layout=fitted.layout,
        rows=fitted.rows,
        **arrays,
    )
    return buffer.getvalue()


def unpack_map(data: bytes) -> FittedMap:
    """The map that `pack_map` stored; never unpickles.

    Raises:
        RequestError: the bytes are not a stored map, or one of a newer format.
    """
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        head: dict[str, Any] = json.loads(arrays["head"].tobytes())
        if head["format_version"] != FORMAT_VERSION:
            raise RequestError(
                f"the stored map has format {head['format_version']}, this version reads "
                f"{FORMAT_VERSION}.",
                "Open it with the version of Kenshin that wrote it.",
            )
        return _from_parts(head, arrays)
    except (KeyError, TypeError, ValueError, OSError, EOFError, BadZipFile) as error:
        raise RequestError(
            f"a stored map cannot be read ({type(error).__name__}).", "Inspect again to redraw it."
        ) from error


def _from_parts(head: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> FittedMap:
    stack, layer, pooling = head["site"]
    return FittedMap(
        site=Site(stack, layer, pooling),
        config=MapConfig.from_json(head["config"]),
        drawn_by=projector(head["drawn_by"]).name,
        basis=Basis(arrays["mean"], arrays["axes"], arrays["variances"], head["total_variance"]),
        features=arrays["features"],
        layout=arrays["layout"],
        members={role: arrays[f"member_{i}"] for i, role in enumerate(head["roles"])},
        rows=arrays["rows"],
        warnings=tuple(head["warnings"]),
    )
