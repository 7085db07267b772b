"""Detectors that look at all layers of a sample at once, fed one layer at a time.

Only one number per sample and layer is kept, never a second layer's vectors.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from analysis.detect.classes import classes_of
from analysis.detect.layers import FEWEST, Groups, SiteContext
from analysis.detect.matrices import is_constant
from analysis.detect.neighbour_ranks import MAX_POOL, layer_ranks
from analysis.detect.specs import DetectorSpec
from analysis.records import Scores, Site


class Trajectories:
    """Ranks of every sample in every layer seen so far, by model and pooling."""

    def __init__(self, groups: Mapping[str, Groups]) -> None:
        self._groups = groups
        self._columns: dict[tuple[str, str], list[np.ndarray]] = {}
        self._last: dict[tuple[str, str], Site] = {}

    def add(self, site: Site, features: Mapping[str, np.ndarray], context: SiteContext) -> None:
        """Rank the samples of one site; sites without any variation are passed over.

        Args:
            site: where the vectors were read; layers in rising order.
            features: role -> (n, d) float32.
            context: trusted vectors, which serve as the known samples where there are enough.
        """
        for model, values in features.items():
            if is_constant(values) or not np.isfinite(values).all():
                continue
            classes = classes_of(self._groups[model], len(values))
            pool, pool_classes, own = _pool(model, values, (self._groups[model], classes), context)
            points = np.asarray(values, dtype=np.float64)
            ranks = layer_ranks(points, classes, pool, pool_classes, own)
            key = (model, site.pooling)
            self._columns.setdefault(key, []).append(ranks.astype(np.float32))
            self._last[key] = site

    def scores(self, specs: Sequence[DetectorSpec]) -> Iterator[Scores]:
        """One record per detector, model, pooling and group, filed under the last layer."""
        for (model, pooling), columns in self._columns.items():
            ranks = np.column_stack(columns)
            site = self._last[model, pooling]
            for group, rows in self._groups[model].items():
                for spec in specs:
                    if spec.fits_on == "layers":
                        yield _score(spec, model, site, (group, rows), ranks, self._groups[model])


def _score(
    spec: DetectorSpec,
    model: str,
    site: Site,
    named_rows: tuple[str, np.ndarray],
    ranks: np.ndarray,
    groups: Groups,
) -> Scores:
    group, rows = named_rows
    reason = ""
    if len(groups) < 2:
        reason = "all samples are in one group, two predicted classes are needed"
    elif len(rows) < FEWEST:
        reason = f"only {len(rows)} samples in this group, {FEWEST} are needed"
    if reason:
        none = np.empty(0, dtype=np.int64)
        return Scores(spec.name, model, site, group, none, none.astype(np.float32), skipped=reason)
    values = spec.resolve()(ranks[rows], spec.config()).score(ranks[rows])
    return Scores(spec.name, model, site, group, rows, values.astype(np.float32))


def _pool(
    model: str, values: np.ndarray, grouped: tuple[Groups, np.ndarray], context: SiteContext
) -> tuple[np.ndarray, np.ndarray, bool]:
    """Known samples, their classes, and whether they are the scored samples themselves."""
    groups, classes = grouped
    trusted, named = context.trusted.get(model), context.trusted_groups.get(model, {})
    enough = set(named) == set(groups) and all(len(rows) >= FEWEST for rows in named.values())
    if trusted is not None and enough:
        return np.asarray(trusted, dtype=np.float64), classes_of(named, len(trusted)), False
    step = max(1, -(-len(values) // MAX_POOL))
    return np.asarray(values[::step], dtype=np.float64), classes[::step], True
