"""Does the picture depend on the seed and on the samples drawn?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from analysis.project.cloud import Cloud
from analysis.project.fit import lay_out
from analysis.project.fitted import FittedMap
from analysis.project.specs import projector

_LEAST_POINTS = 5  # different points of one model below which an arrangement means nothing


def stability(cloud: Cloud, fitted: FittedMap) -> Mapping[str, float]:
    """Agreement of a map with one of another seed and fewer samples, role -> 0 to 1.

    A second map of at most `config.stability_points` of the same samples is fitted with the next
    seed; each model's points on both are compared by `procrustes_correlation`. Changing the seed
    alone would flatter t-SNE, whose start from principal components hardly uses it. 1 for PCA.
    Roles with too few different points are left out.
    """
    config = fitted.config
    roles = [r for r, own in fitted.members.items() if len(np.unique(own)) >= _LEAST_POINTS]
    if fitted.drawn_by == "pca":
        return dict.fromkeys(roles, 1.0)
    picked = pick(len(fitted.rows), config.stability_points, config.seed)
    few = cloud.restricted(picked)
    if not len(picked) or len(few.features) < projector(fitted.drawn_by).min_points:
        return {}
    second = lay_out(few, replace(config, seed=(config.seed + 1) % 2**32))
    return {
        role: procrustes_correlation(fitted.coordinates[role][picked], second[few.members[role]])
        for role in roles
    }


def pick(n: int, most: int, seed: int) -> np.ndarray:
    """At most `most` of n positions by seed, ascending, (p,) int64."""
    if n <= most:
        return np.arange(n)
    return np.sort(np.random.default_rng(seed).choice(n, most, replace=False))


def procrustes_correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Correlation of two maps after the best shift, rotation, mirroring and scale, 0 to 1.

    Gower, 1975, https://doi.org/10.1007/BF02291478: the sum of the singular values of the cross
    product of both centred, normed maps, (n, 2), (n, 2) float; 0 where a map is a single point.
    """
    a = first.astype(np.float64) - first.mean(axis=0, dtype=np.float64)
    b = second.astype(np.float64) - second.mean(axis=0, dtype=np.float64)
    norms = np.linalg.norm(a) * np.linalg.norm(b)
    if norms == 0:
        return 0.0
    return float(min(1.0, np.linalg.svd(a.T @ b / norms, compute_uv=False).sum()))
