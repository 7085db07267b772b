"""Would another draw of samples choose the same weights?

A mask that changes with the samples says little about where a trojan lies. Each of two halves of
the forget and retain sets is asked by itself; overlap is Jaccard's index of the chosen weights
(|A and B| / |A or B|) beside what two random choices of that size reach, and Spearman's rank
correlation of the scores.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import torch

Tensors = Mapping[str, torch.Tensor]
MAX_RANKED = 200_000  # weights whose ranks are compared, a seeded choice


def jaccard(first: Tensors, second: Tensors) -> float:
    """|A and B| / |A or B| over all tensors; 1 where both are empty."""
    both = sum(int((first[name] & second[name]).sum()) for name in first)
    either = sum(int((first[name] | second[name]).sum()) for name in first)
    return both / either if either else 1.0


def chance(ratio: float) -> float:
    """Expected Jaccard index of two random choices of a share r: r / (2 - r)."""
    return ratio / (2 - ratio)


def rank_correlation(first: Tensors, second: Tensors, seed: int = 0) -> float:
    """Spearman's correlation of two scores of the same weights; ties share their mean rank."""
    one, other = (_flat(scores, sorted(first), seed) for scores in (first, second))
    a, b = _ranks(one), _ranks(other)
    if a.std() == 0 or b.std() == 0:
        return float("nan")
    return float(np.corrcoef(a, b)[0, 1])


def stability_rows(
    whole: tuple[Tensors, Tensors],
    halves: Iterable[tuple[Tensors, Tensors]],
    ratio: float,
) -> tuple[Mapping[str, Any], ...]:
    """Rows of the `mask_stability` table.

    Args:
        whole: scores and mask of all samples.
        halves: scores and mask of each half of the samples; asked for one after the other.
        ratio: share of weights that is chosen.

    Returns:
        Columns draw, jaccard, chance, rank_correlation.
    """
    rows = []
    for number, (scores, mask) in enumerate(halves, start=1):
        rows.append(
            {
                "draw": number,
                "jaccard": jaccard(whole[1], mask),
                "chance": chance(ratio),
                "rank_correlation": rank_correlation(whole[0], scores),
            }
        )
    return tuple(rows)


def _flat(scores: Tensors, names: list[str], seed: int) -> np.ndarray:
    joined = np.concatenate([scores[name].detach().float().cpu().numpy().ravel() for name in names])
    if len(joined) <= MAX_RANKED:
        return joined
    chosen = np.random.default_rng([seed, 23]).choice(len(joined), MAX_RANKED, replace=False)
    picked: np.ndarray = joined[np.sort(chosen)]
    return picked


def _ranks(values: np.ndarray) -> np.ndarray:
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    mean: np.ndarray = (last - (counts - 1) / 2)[inverse]
    return mean
