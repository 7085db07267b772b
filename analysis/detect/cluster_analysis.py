"""Which clusters are suspicious: the rules of adversarial-robustness-toolbox's ClusteringAnalyzer.

Chen et al. 2018, https://arxiv.org/abs/1811.03728, section 5: by smaller size, by relative size,
by distance between classes and by silhouette.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from analysis.errors import KenshinError


class ClusterVerdict(NamedTuple):
    """One class's clusters."""

    shares: np.ndarray  # (c,) float64, share of the class in each cluster
    suspicious: np.ndarray  # (c,) bool


def _shares(clusters: np.ndarray) -> np.ndarray:
    counts = np.bincount(np.asarray(clusters, dtype=np.int64))
    return np.asarray(counts / max(len(clusters), 1))


def analyze_by_size(clusters: np.ndarray) -> ClusterVerdict:
    """The smallest cluster is suspicious; of equals the first. `clusters` is (n,) int."""
    shares = _shares(clusters)
    suspicious = np.zeros(len(shares), dtype=bool)
    suspicious[shares.argmin()] = True
    return ClusterVerdict(shares, suspicious)


def analyze_by_relative_size(clusters: np.ndarray, size_threshold: float = 0.35) -> ClusterVerdict:
    """Every cluster that holds less than `size_threshold` of the class is suspicious."""
    shares = np.round(_shares(clusters), 2)  # ART rounds before it compares
    return ClusterVerdict(_shares(clusters), shares < size_threshold)


def analyze_by_silhouette(
    clusters: np.ndarray, silhouette: float, size_threshold: float = 0.35, minimum: float = 0.1
) -> ClusterVerdict:
    """Small clusters are suspicious only where the clustering itself is convincing.

    Args:
        clusters: (n,) int.
        silhouette: mean silhouette of that clustering, -1 to 1.
        size_threshold: share below which a cluster is small.
        minimum: silhouette from which the clustering convinces.
    """
    verdict = analyze_by_relative_size(clusters, size_threshold)
    if silhouette > minimum:
        return verdict
    return ClusterVerdict(verdict.shares, np.zeros_like(verdict.suspicious))


def analyze_by_distance(
    clusters: Sequence[np.ndarray], activations: Sequence[np.ndarray]
) -> list[ClusterVerdict]:
    """A cluster that lies nearer to another class than to its own is suspicious.

    Of each class's two clusters, one is suspicious where some other class's centre is nearer to it
    than its own class's centre while the other cluster stays nearer to its own. Centres are
    medians, as in ART.

    Args:
        clusters: per class, (n,) int in {0, 1}.
        activations: per class, (n, d) float of the same rows.

    Raises:
        KenshinError: a class does not have exactly two clusters.
    """
    centres = [np.median(np.asarray(values), axis=0) for values in activations]
    verdicts = []
    for own, (labels, values) in enumerate(zip(clusters, activations, strict=True)):
        labels = np.asarray(labels, dtype=np.int64)
        if not np.array_equal(np.unique(labels), [0, 1]):
            raise KenshinError(
                f"class {own} has the clusters {np.unique(labels).tolist()}, expected 0 and 1."
            )
        middles = [np.median(np.asarray(values)[labels == c], axis=0) for c in (0, 1)]
        away = np.array([[np.linalg.norm(m - centre) for centre in centres] for m in middles])
        nearer = np.delete(away < away[:, [own]], own, axis=1)
        farther = np.delete(away > away[:, [own]], own, axis=1)
        suspicious = np.array([(nearer[c] & farther[1 - c]).any() for c in (0, 1)])
        verdicts.append(ClusterVerdict(_shares(labels), suspicious))
    return verdicts
