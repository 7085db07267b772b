"""One joint map of one site: both models together, so that they share their axes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from analysis.project.cloud import Cloud, build_cloud
from analysis.project.config import MapConfig
from analysis.project.fitted import FittedMap, load_function
from analysis.project.specs import projector
from analysis.project.subsample import draw_rows
from analysis.records import Site


def fit_map(
    reference: np.ndarray | None,
    suspect: np.ndarray,
    site: Site,
    config: MapConfig,
    keep_rows: np.ndarray | None = None,
) -> FittedMap:
    """Fit the map that both models share at one site.

    Args:
        reference: (n, d) float vectors of the reference model, or None without one.
        suspect: (n, d) float vectors of the suspect model over the same samples.
        site: where the vectors were read.
        config: method, seed and size.
        keep_rows: (m,) int, the samples to draw; None draws `config.max_points` by seed.

    Returns:
        The map, with one point per drawn sample and role. The vectors are centred jointly and not
        scaled per model: a drift of one model stays visible.

    Raises:
        RequestError: the vectors differ in shape or are not finite.
    """
    rows = draw_rows(len(suspect), config.max_points, seed=config.seed).rows
    if keep_rows is not None:
        rows = np.asarray(keep_rows, dtype=np.int64)
    vectors = {} if reference is None else {"reference": np.asarray(reference)[rows]}
    vectors["suspect"] = np.asarray(suspect)[rows]
    return draw_cloud(build_cloud(site, vectors, config), rows, config)


def draw_cloud(cloud: Cloud, rows: np.ndarray, config: MapConfig) -> FittedMap:
    """Fit the map of a cloud that is already built, for the samples `rows`, (m,) int64."""
    drawn_by, warnings = _choose(cloud, config.method)
    return FittedMap(
        site=cloud.site,
        config=config,
        drawn_by=drawn_by,
        basis=cloud.basis,
        features=cloud.features,
        layout=lay_out(cloud, replace(config, method=drawn_by)),
        members=cloud.members,
        rows=rows,
        warnings=warnings,
    )


def lay_out(cloud: Cloud, config: MapConfig) -> np.ndarray:
    """Map coordinates of the different points of a cloud, (u, 2) float32, finite."""
    spec = projector(config.method)
    if len(cloud.features) < spec.min_points:
        return np.zeros((len(cloud.features), 2), dtype=np.float32)
    neighbours = cloud.neighbours if "neighbours" in spec.needs else None
    return load_function(spec.function)(cloud.features, neighbours, config)


def _choose(cloud: Cloud, method: str) -> tuple[str, tuple[str, ...]]:
    """The method that can draw this cloud, and what to tell when it is not the one asked for."""
    different = len(cloud.features)
    if different == 0:
        return "pca", ("No sample is drawn: there are no vectors at this layer.",)
    if different == 1:
        return "pca", ("All vectors at this layer are the same: the map is a single point.",)
    spec = projector(method)
    if different < spec.min_points:
        return "pca", (
            f"Only {different} different vectors at this layer, {spec.label} needs "
            f"{spec.min_points}: principal components are shown instead.",
        )
    return method, ()
