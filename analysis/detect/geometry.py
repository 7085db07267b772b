"""How far a whole layer differs between two models, or located samples from the rest of a class.

`linear_cka` (Kornblith et al. 2019, https://arxiv.org/abs/1905.00414):
||Y^T X||_F^2 / (||X^T X||_F ||Y^T Y||_F) of centred features: 1 for features that agree up to
rotation and scale. `centroid_shift`: distance between two groups' means in units of the spread
inside them, so that models of different scale can be compared. Both describe a layer, not a sample,
and need no fitting.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from analysis.detect.layer_stats import LayerStat
from analysis.detect.layers import Groups
from analysis.detect.separation import FEWEST
from analysis.records import Site

SHIFT = "centroid_shift"  # in the place of a detector's name and of a statistic's
_MAX_ROWS = 5000
_RESAMPLES = 100


def linear_cka(first: np.ndarray, second: np.ndarray) -> float:
    """Similarity of two models' features of the same samples, (n, d), (n, e) -> 0 to 1.

    NaN where one of them does not vary.
    """
    step = max(1, -(-len(first) // _MAX_ROWS))
    x, y = _centred(first[::step]), _centred(second[::step])
    cross = float(np.linalg.norm(y.T @ x) ** 2)
    scale = float(np.linalg.norm(x.T @ x) * np.linalg.norm(y.T @ y))
    return cross / scale if scale > 1e-20 else float("nan")


def centroid_shift(features: np.ndarray, inside: np.ndarray) -> float:
    """Distance between the means of two groups over their pooled spread, (n, d), (n,) bool.

    The spread is the root of the mean squared distance from the own group's mean; NaN where it is
    zero or a group is empty.
    """
    values = np.asarray(features, dtype=np.float64)
    if not inside.any() or inside.all():
        return float("nan")
    one, other = values[inside], values[~inside]
    squares = float(((one - one.mean(0)) ** 2).sum() + ((other - other.mean(0)) ** 2).sum())
    spread = np.sqrt(squares / len(values))
    shift = float(np.linalg.norm(one.mean(axis=0) - other.mean(axis=0)))
    return shift / spread if spread > 1e-12 else float("nan")


def _centred(values: np.ndarray) -> np.ndarray:
    matrix = np.asarray(values, dtype=np.float64)
    return matrix - matrix.mean(axis=0)


def similarities(site: Site, features: Mapping[str, np.ndarray]) -> list[dict[str, object]]:
    """`linear_cka` of both models at one site, as a row of the run's `similarity` figures."""
    if not {"suspect", "reference"} <= set(features):
        return []
    value = linear_cka(features["suspect"], features["reference"])
    place = {"stack": site.stack, "layer": site.layer, "pooling": site.pooling}
    return [{**place, "cka": None if np.isnan(value) else round(value, 6)}]


def shift_stats(
    site: Site,
    features: Mapping[str, np.ndarray],
    groups: Mapping[str, Groups],
    located: np.ndarray,
    *,
    clean_reference: bool = True,
) -> list[LayerStat]:
    """`centroid_shift` of located rows in every model and group of one site.

    The suspect's band is the 2.5 to 97.5 % range over bootstrap resamples of the located rows in
    the reference, over all of its groups.
    """
    rows, bands = [], []
    for model, values in features.items():
        inside = np.zeros(len(values), dtype=bool)
        inside[located] = True
        for group, members in groups[model].items():
            hold = inside[members]
            if hold.sum() < FEWEST or (~hold).sum() < FEWEST:
                continue
            here = values[members]
            value = centroid_shift(here, hold)
            if np.isnan(value):
                continue
            if model == "reference" and clean_reference:
                bands.append(_band(here, hold))
            stat = LayerStat(model, site, group, SHIFT, SHIFT, value, n=len(hold))
            rows.append(replace(stat, n_located=int(hold.sum())))
    if not bands:
        return rows
    low, high = min(b[0] for b in bands), max(b[1] for b in bands)
    return [replace(r, null_low=low, null_high=high) if r.model == "suspect" else r for r in rows]


def _band(values: np.ndarray, inside: np.ndarray) -> tuple[float, float]:
    matrix = np.asarray(values, dtype=np.float64)
    one, other = matrix[inside], matrix[~inside]
    squares = float(((one - one.mean(0)) ** 2).sum() + ((other - other.mean(0)) ** 2).sum())
    weights = np.random.default_rng(0).multinomial(
        len(one), np.full(len(one), 1 / len(one)), size=_RESAMPLES
    )
    means = weights @ one / len(one)
    shifts = np.linalg.norm(means - other.mean(axis=0), axis=1) / np.sqrt(squares / len(matrix))
    low, high = np.quantile(shifts, [0.025, 0.975])
    return float(low), float(high)
