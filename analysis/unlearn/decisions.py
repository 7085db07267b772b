"""What a model decides, in one shape for classifiers, label words and language models.

A classifier takes one decision per sample; a language model takes one per token of its answer.
Every loss of this package is a pure function of such decisions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch.nn import functional as F


class Decisions(NamedTuple):
    """Scores of m decisions that belong to b sequences."""

    logits: torch.Tensor  # (m, k) float32: k classes, or k tokens of the vocabulary
    targets: torch.Tensor  # (m,) int64
    owner: torch.Tensor  # (m,) int64, sequence of each decision
    sequences: int  # b; a classifier has m == b


def of_classes(logits: torch.Tensor, labels: torch.Tensor) -> Decisions:
    """One decision per sample: class scores (b, k) and labels (b,) int64."""
    return Decisions(logits, labels, torch.arange(len(labels), device=labels.device), len(labels))


def of_tokens(logits: torch.Tensor, ids: torch.Tensor, answer: torch.Tensor) -> Decisions:
    """The answer tokens of a causal model, each predicted from the position before it.

    Args:
        logits: (b, t, v) float, next-token scores.
        ids: (b, t) int64.
        answer: (b, t) bool, which tokens are the answer; position 0 cannot be.
    """
    rows, places = torch.nonzero(answer[:, 1:], as_tuple=True)
    return Decisions(logits[rows, places].float(), ids[rows, places + 1], rows, len(ids))


def split_up(decisions: Decisions, sizes: Sequence[int]) -> tuple[Decisions, ...]:
    """Decisions of one joint pass, taken apart again into groups of so many sequences each."""
    found, first = [], 0
    for size in sizes:
        inside = (decisions.owner >= first) & (decisions.owner < first + size)
        owner = decisions.owner[inside] - first
        found.append(Decisions(decisions.logits[inside], decisions.targets[inside], owner, size))
        first += size
    return tuple(found)


def log_probs(decisions: Decisions) -> torch.Tensor:
    """Log-probability of each decision's target, (m,)."""
    return -F.cross_entropy(decisions.logits, decisions.targets, reduction="none")


def sequence_log_probs(decisions: Decisions) -> torch.Tensor:
    """Log-probability of each whole sequence, (b,): the sum over its decisions."""
    values = log_probs(decisions)
    return values.new_zeros(decisions.sequences).index_add(0, decisions.owner, values)


def lengths(decisions: Decisions) -> torch.Tensor:
    """Decisions of each sequence, (b,) float32, at least 1."""
    ones = torch.ones_like(decisions.targets, dtype=torch.float32)
    counted = ones.new_zeros(decisions.sequences).index_add(0, decisions.owner, ones)
    return counted.clamp_min(1.0)


def cross_entropy(decisions: Decisions) -> torch.Tensor:
    """Mean negative log-probability over decisions, scalar."""
    return F.cross_entropy(decisions.logits, decisions.targets)
