"""The quality figures of a map, per model, and what they mean in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from analysis.project.cloud import Cloud
from analysis.project.fitted import FittedMap
from analysis.project.knn import squared_distances
from analysis.project.quality import (
    Space,
    continuity,
    measure_space,
    neighbourhood,
    separation_along,
    silhouette,
    trustworthiness,
    two_groups,
)
from analysis.project.specs import projector
from analysis.project.stability import pick, stability

# Pure noise in 100 dimensions: trustworthiness 0.57-0.60, continuity 0.59-0.65, stability
# 0.12-0.16; two or twelve true clusters: above 0.92, 0.96, 0.95.
LEAST_TRUST = 0.85
LEAST_STABILITY = 0.6
CLEAR_GAP = 0.5  # silhouette of two groups that the eye sees as apart
INVENTED_GAP = 0.3  # by how much the map may exceed the data


@dataclass(frozen=True)
class Ruler:
    """The original space of one model at one site, measured once for all methods."""

    picked: np.ndarray  # (p,) int, positions among the drawn samples
    space: Space


def build_rulers(
    vectors: Mapping[str, np.ndarray], wanted: int, points: int, seed: int
) -> Mapping[str, Ruler]:
    """Measure the full vectors, role -> (m, d), on at most `points` samples by seed.

    The full vectors, not their principal components: what those lose counts against the map.
    Roles with too few samples to judge are left out.
    """
    rulers = {}
    for role, values in vectors.items():
        picked = pick(len(values), points, seed)
        k = neighbourhood(len(picked), wanted)
        if k:
            centred = values[picked].astype(np.float64)
            centred -= centred.mean(axis=0)
            rulers[role] = Ruler(picked, measure_space(centred, k))
    return rulers


def judge(fitted: FittedMap, cloud: Cloud, rulers: Mapping[str, Ruler]) -> dict[str, float]:
    """Figures such as "suspect.trustworthiness"; a figure that cannot be had is left out.

    Per role: trustworthiness, continuity, stability, the number of samples they were measured on
    (`measured`), and the silhouette of two groups on the map (`separation_map`) and along the
    line that best shows them in the data (`separation_data`). For the whole map:
    `explained_variance` of PCA.
    """
    figures: dict[str, float] = {}
    for role, ruler in rulers.items():
        drawn = fitted.coordinates[role][ruler.picked]
        figures |= fidelity(role, drawn, ruler)
        side = two_groups(drawn)
        data = fitted.features[fitted.members[role][ruler.picked]]
        squared = squared_distances(drawn, drawn)
        figures[f"{role}.separation_map"] = silhouette(squared, side)
        figures[f"{role}.separation_data"] = separation_along(data, side)
    for role, value in stability(cloud, fitted).items():
        figures[f"{role}.stability"] = value
    if fitted.drawn_by == "pca":
        figures["explained_variance"] = fitted.basis.explained
    return figures


def fidelity(role: str, drawn: np.ndarray, ruler: Ruler) -> dict[str, float]:
    """Trustworthiness and continuity of one model's points, (p, 2), and their number."""
    space = measure_space(drawn, ruler.space.near.shape[1])
    return {
        f"{role}.trustworthiness": trustworthiness(ruler.space, space),
        f"{role}.continuity": continuity(ruler.space, space),
        f"{role}.measured": float(len(ruler.picked)),
    }


def cautions(figures: Mapping[str, float], method: str) -> tuple[str, ...]:
    """Sentences for every model whose map promises more than its data holds."""
    label = projector(method).label
    texts = []
    for role in sorted({name.partition(".")[0] for name in figures if "." in name}):
        own = {n.partition(".")[2]: v for n, v in figures.items() if n.startswith(f"{role}.")}
        texts += [f"{label}, {role}: {text}" for text in _doubts(own)]
    return tuple(texts)


def _doubts(own: Mapping[str, float]) -> list[str]:
    texts = []
    trust, kept = own.get("trustworthiness", 1.0), own.get("continuity", 1.0)
    if trust < LEAST_TRUST:
        texts.append(
            f"many points that are close on the map are not close in the model "
            f"(trustworthiness {trust:.2f}); do not read single neighbours off it."
        )
    if kept < LEAST_TRUST:
        texts.append(
            f"many points that are close in the model lie apart on the map "
            f"(continuity {kept:.2f}); a gap may be drawn where there is none."
        )
    if own.get("stability", 1.0) < LEAST_STABILITY:
        texts.append(
            f"another seed and another draw of samples give another picture "
            f"(stability {own['stability']:.2f}); do not read the arrangement."
        )
    gap, real = own.get("separation_map", 0.0), own.get("separation_data", 0.0)
    if gap >= CLEAR_GAP and gap - real >= INVENTED_GAP:
        texts.append(
            f"the two groups on the map (separation {gap:.2f}) have no matching gap in the "
            f"model's vectors ({real:.2f})."
        )
    return texts
