"""Maps of every layer, stored so that later runs can place their points on the same axes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from analysis.errors import RequestError
from analysis.pipeline.state import Inspection
from analysis.pipeline.tables import projection_table
from analysis.project.config import MapConfig
from analysis.project.fitted import FittedMap, pack_map, unpack_map
from analysis.project.stage import place_on, project_sites, viewing_order
from analysis.project.subsample import draw_rows
from analysis.records import Projection, Site
from analysis.runs.run import Run


def maps_step(work: Inspection, methods: tuple[str, ...], parent: Run | None) -> None:
    """Draw every site with `methods` and commit the `projection` table again.

    With a parent run, points are placed on its stored maps instead: axes never move.
    """
    if not methods:
        return
    name = "map " + ", ".join(methods)
    with work.writer.step(name, optional=True, makes=("projection",)):
        if work.drawn is None:
            work.drawn = _draw(work)
        placed: list[Projection] = []
        if parent is not None:
            placed = list(_on_stored_axes(work, methods, parent))
        drawn = placed or list(_fit(work, methods))
        work.projections += drawn
        table = projection_table(work.projections, work.inputs.samples)
        work.writer.write_table("projection", table)
        work.writer.set(metrics={"projection": _quality(work)})


def _draw(work: Inspection) -> np.ndarray:
    """Rows that every map of the run shows, flagged ones always among them."""
    n = len(work.inputs.samples)
    strata = [said.predicted for said in work.read.predictions.values()]
    if work.inputs.samples.labels is not None:
        strata.append(work.inputs.samples.labels)
    flagged = np.zeros(n, dtype=bool)
    flagged[work.located] = True
    return draw_rows(n, work.config.map_samples, strata, flagged, work.config.seed).rows


def _fit(work: Inspection, methods: tuple[str, ...]) -> Iterator[Projection]:
    suspect = work.read.activations["suspect"]
    reference = work.read.activations.get("reference")
    arrays = {site: suspect.arrays[site] for site in viewing_order(suspect.sites)}
    config = MapConfig(seed=work.config.seed, max_points=work.config.map_samples)

    def progress(what: str, done: int, total: int) -> None:
        work.writer.progress("Drawing maps", done, total)

    for result in project_sites(
        None if reference is None else reference.arrays,
        arrays,
        _rows(work),
        methods,
        config,
        progress,
    ):
        fitted = result.fitted
        work.writer.write_bytes(map_file(fitted.config.method, fitted.site), pack_map(fitted))
        yield result.projection


def _on_stored_axes(
    work: Inspection, methods: tuple[str, ...], parent: Run
) -> Iterator[Projection]:
    """This run's models on the parent's maps; sites or methods it lacks are left out."""
    suspect = work.read.activations["suspect"]
    for method in methods:
        for site in viewing_order(suspect.sites):
            fitted = _stored(parent, method, site)
            if fitted is None:
                continue
            vectors = {
                role: each.arrays[site]
                for role, each in work.read.activations.items()
                if site in each.arrays
            }
            work.writer.write_bytes(map_file(method, site), pack_map(fitted))
            yield place_on(fitted, vectors, _rows(work))


def _stored(parent: Run, method: str, site: Site) -> FittedMap | None:
    name = map_file(method, site)
    if not parent.has(name):
        return None
    try:
        return unpack_map(parent.bytes(name))
    except RequestError:
        return None


def _rows(work: Inspection) -> np.ndarray:
    assert work.drawn is not None  # maps_step set it
    return work.drawn


def map_file(method: str, site: Site) -> str:
    """File name of a stored map inside its run."""
    return f"map-{method}-{site.stack}-{site.layer}-{site.pooling}.npz"


def _quality(work: Inspection) -> dict[str, object]:
    """Quality of each panel, and how many samples are shown."""
    panels = [
        {
            "method": each.method,
            "stack": each.site.stack,
            "layer": each.site.layer,
            "pooling": each.site.pooling,
            "quality": dict(each.quality),
            "warnings": list(each.warnings),
        }
        for each in work.projections
    ]
    return {"panels": panels, "shown": len(_rows(work)), "total": len(work.inputs.samples)}
