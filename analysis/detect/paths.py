"""Where a sample stands in every layer: beside its own class, and beside the located samples.

Distances to two centres, each in units of the own class's spread (root mean square distance of its
members from their centre). A trojan shows as a sample that leaves its class for the group of
triggered samples at some layer, and stays with its class once the trigger is gone. Sites of
different width and scale can be compared; nothing is fitted, and nothing here is evidence.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Places(NamedTuple):
    """Distances of m samples at one site, NaN where a centre or the spread is unknown."""

    own: np.ndarray  # (m,) float64, to the centre of its own class, located samples left out
    group: np.ndarray  # (m,) float64, to the centre of the other located samples


def places(
    points: np.ndarray,
    features: np.ndarray,
    classes: np.ndarray,
    own: np.ndarray,
    located: np.ndarray,
    rows: np.ndarray,
) -> Places:
    """Distances at one site.

    Args:
        points: (m, d) vectors of the samples, with or without their trigger.
        features: (n, d) vectors of all samples as they are.
        classes: (n,) int, predicted class of each of them.
        own: (m,) int, the class that each of the m samples belongs to without its trigger.
        located: (p,) int, rows that hold the located text.
        rows: (m,) int, row of each of the m samples, which is not its own neighbour.
    """
    points, cloud = np.asarray(points, np.float64), np.asarray(features, np.float64)
    clean = np.ones(len(cloud), dtype=bool)
    clean[located] = False
    to_own, unit = np.full(len(points), np.nan), np.full(len(points), np.nan)
    for each in np.unique(own):
        members = cloud[clean & (classes == each)]
        if len(members) < 2:
            continue
        centre = members.mean(axis=0)
        spread = float(np.sqrt(((members - centre) ** 2).sum(axis=1).mean()))
        mine = own == each
        to_own[mine] = np.linalg.norm(points[mine] - centre, axis=1)
        unit[mine] = spread if spread > 1e-9 else np.nan
    inside = np.isin(rows, located)
    others = len(located) - inside
    total = cloud[located].sum(axis=0) - cloud[rows] * inside[:, None]
    centres = total / np.maximum(others, 1)[:, None]
    to_group = np.linalg.norm(points - centres, axis=1)
    to_group[others < 1] = np.nan
    return Places(to_own / unit, to_group / unit)
