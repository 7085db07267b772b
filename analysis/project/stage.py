"""The projection stage: maps of every layer, cheapest method first, one layer in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from analysis.project.cloud import Cloud, build_cloud
from analysis.project.config import MapConfig
from analysis.project.fit import draw_cloud
from analysis.project.fitted import FittedMap
from analysis.project.judge import Ruler, build_rulers, cautions, fidelity, judge
from analysis.project.specs import projector
from analysis.records import Projection, Site

Progress = Callable[[str, int, int], None]  # what is drawn, maps done, maps in all
Arrays = Mapping[Site, np.ndarray]

PLACED = "Placed on the axes of an earlier run; far-off points land near its edge."


class MapResult(NamedTuple):
    """A map for drawing and the fitted form that later runs place their points on."""

    projection: Projection
    fitted: FittedMap


class Material(NamedTuple):
    """One site, read once and shared by the methods that draw it."""

    rows: np.ndarray  # (m,) int64, drawn samples with finite vectors
    cloud: Cloud
    rulers: Mapping[str, Ruler]
    warnings: tuple[str, ...]


def viewing_order(sites: Iterable[Site]) -> tuple[Site, ...]:
    """The order in which an analyst looks: deepest layers first, decoder before encoder.

    Sites keep their order inside one layer, so that the first pooling asked for comes first.
    """
    return tuple(sorted(sites, key=lambda site: (site.stack != "decoder", -site.layer)))


def project_all(
    arrays_reference: Arrays | None,
    arrays_suspect: Arrays,
    rows: np.ndarray,
    methods: Iterable[str],
    config: MapConfig,
    progress: Progress | None = None,
) -> Iterator[Projection]:
    """Maps one by one as they are ready; see `project_sites`."""
    results = project_sites(arrays_reference, arrays_suspect, rows, methods, config, progress)
    return (result.projection for result in results)


def project_sites(
    arrays_reference: Arrays | None,
    arrays_suspect: Arrays,
    rows: np.ndarray,
    methods: Iterable[str],
    config: MapConfig,
    progress: Progress | None = None,
) -> Iterator[MapResult]:
    """Fit the joint maps of all sites.

    Args:
        arrays_reference: site -> (n, d) float vectors of the reference, or None without one.
        arrays_suspect: site -> (n, d) float vectors; its order is the order of the maps.
        rows: (m,) int, the samples to draw (`subsample.draw_rows`).
        methods: names from the registry.
        config: seed and sizes; its method is replaced by each of `methods`.
        progress: told before each map; may raise to stop.

    Yields:
        Methods without a neighbour graph first, for every site, then the others site by site.
        Samples whose vectors are not finite at a site are left out of its map, with a warning.

    Raises:
        RequestError: an unknown method, or the models differ in shape.
    """
    rows = np.asarray(rows, dtype=np.int64)
    names = [projector(name).name for name in dict.fromkeys(methods)]
    total, done = len(names) * len(arrays_suspect), 0
    for site, group in _schedule(names, arrays_suspect):
        material = None
        for name in group:
            if progress is not None:
                progress(f"{projector(name).label} {site}", done, total)
            if material is None:  # after the first progress call, so that it names the site
                material = _material(arrays_reference, arrays_suspect, site, rows, config)
            yield draw(material, replace(config, method=name))
            done += 1


def _schedule(names: list[str], sites: Iterable[Site]) -> Iterator[tuple[Site, list[str]]]:
    """Sites with the methods to draw there: quick methods everywhere, then the slow ones."""
    quick = [name for name in names if not projector(name).needs]
    slow = [name for name in names if projector(name).needs]
    for group in (quick, slow):
        for site in sites if group else ():
            yield site, group


def _material(
    reference: Arrays | None, suspect: Arrays, site: Site, rows: np.ndarray, config: MapConfig
) -> Material:
    if reference is None:
        return gather(None, suspect[site], site, rows, config)
    material = gather(reference.get(site), suspect[site], site, rows, config)
    if site in reference:
        return material
    text = "The reference has no vectors here: only the suspect is drawn."
    return material._replace(warnings=(*material.warnings, text))


def gather(
    reference: np.ndarray | None,
    suspect: np.ndarray,
    site: Site,
    rows: np.ndarray,
    config: MapConfig,
) -> Material:
    """Read the drawn vectors of one site into memory and measure them, (n, d) arrays."""
    arrays = {"suspect": suspect}
    if reference is not None:
        arrays = {"reference": reference, **arrays}
    rows, vectors, warnings = _read(arrays, rows, site)
    rulers = build_rulers(vectors, config.neighbors, config.quality_points, config.seed)
    return Material(rows, build_cloud(site, vectors, config), rulers, warnings)


def draw(material: Material, config: MapConfig) -> MapResult:
    """Fit and judge one map."""
    fitted = draw_cloud(material.cloud, material.rows, config)
    figures = judge(fitted, material.cloud, material.rulers)
    few = () if material.rulers else ("Too few samples to judge how far this map can be believed.",)
    doubts = cautions(figures, fitted.drawn_by) if len(fitted.layout) > 1 else ()
    projection = Projection(
        method=config.method,
        site=fitted.site,
        rows=fitted.rows,
        coordinates=fitted.coordinates,
        quality=figures,
        warnings=(*material.warnings, *fitted.warnings, *few, *doubts),
    )
    return MapResult(projection, fitted)


def place_on(fitted: FittedMap, vectors: Mapping[str, np.ndarray], rows: np.ndarray) -> Projection:
    """A later run's models on an existing map, role -> (n, d) float; old points never move.

    Stability is left out: it describes a fit, and this is none.

    Raises:
        RequestError: another width than the map's.
    """
    rows, drawn, warnings = _read(vectors, np.asarray(rows, dtype=np.int64), fitted.site)
    coordinates = {role: fitted.place(own) for role, own in drawn.items()}
    config = fitted.config
    rulers = build_rulers(drawn, config.neighbors, config.quality_points, config.seed)
    figures: dict[str, float] = {}
    for role, ruler in rulers.items():
        figures |= fidelity(role, coordinates[role][ruler.picked], ruler)
    return Projection(
        method=config.method,
        site=fitted.site,
        rows=rows,
        coordinates=coordinates,
        quality=figures,
        warnings=(*warnings, PLACED, *cautions(figures, fitted.drawn_by)),
    )


def _read(
    arrays: Mapping[str, np.ndarray], rows: np.ndarray, site: Site
) -> tuple[np.ndarray, dict[str, np.ndarray], tuple[str, ...]]:
    """Rows that are finite in every model, their vectors by role, and what was left out."""
    vectors = {role: np.asarray(own[rows], dtype=np.float32) for role, own in arrays.items()}
    finite = np.logical_and.reduce([np.isfinite(own).all(axis=1) for own in vectors.values()])
    if finite.all():
        return rows, vectors, ()
    warning = (
        f"{int((~finite).sum())} of {len(rows)} samples have vectors that are not finite at "
        f"{site} and are not drawn; compute in a higher precision."
    )
    return rows[finite], {role: own[finite] for role, own in vectors.items()}, (warning,)
