"""A mask by layer, matrix and attention head: where the chosen weights lie."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from analysis.models.base import StackInfo
from analysis.unlearn.delta import place_of
from analysis.unlearn.masks.heads import QKV

Tensors = Mapping[str, torch.Tensor]


def head_rows(
    scores: Tensors, mask: Tensors, stacks: Sequence[StackInfo]
) -> tuple[Mapping[str, Any], ...]:
    """Rows of the `attribution_heads` table: one per query, key or value head, one per matrix else.

    Columns: tensor, stack, layer, matrix, head (-1: not split into heads), weights, chosen,
    density (share chosen), mean (score).
    """
    width = stacks[0].d_head if stacks else 0
    found: list[Mapping[str, Any]] = []
    for name, score in scores.items():
        split = bool(width and QKV.search(name) and score.shape[0] % width == 0)
        pieces = zip(
            score.split(width) if split else (score,),
            mask[name].split(width) if split else (mask[name],),
            strict=True,
        )
        found += [
            {
                "tensor": name,
                **place_of(name),
                "head": number if split else -1,
                "weights": value.numel(),
                "chosen": int(chosen.sum()),
                "density": float(chosen.float().mean()),
                "mean": float(value.float().mean()),
            }
            for number, (value, chosen) in enumerate(pieces)
        ]
    return tuple(found)
