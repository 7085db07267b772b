"""From token vectors to one vector per sample, on the device, exact under padding.

Sums run in float32 whatever the model's precision. Padded positions never enter a result, even
where they hold NaN.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch


class Positions(NamedTuple):
    """Which tokens of a batch count, worked out once for all layers of a stack."""

    mask: torch.Tensor  # (b, t) bool
    counts: torch.Tensor  # (b, 1) float32, tokens that count, at least 1
    first: torch.Tensor  # (b,) int64
    last: torch.Tensor  # (b,) int64
    eos: torch.Tensor  # (b,) int64, last end token, `last` without one
    full: bool  # no padding at all


def positions(mask: torch.Tensor, input_ids: torch.Tensor, eos_id: int | None) -> Positions:
    """Positions for every pooling.

    Args:
        mask: (b, t) 1 where a token counts; a row without any counts its first position.
        input_ids: (b, s) int64; end tokens are looked up in it only where s == t (the decoder
            of a label-as-text model has one token and none of the input's).
        eos_id: id of the end token, if the tokenizer has one.
    """
    counted = mask.bool()
    counted = counted | (
        ~counted.any(1, keepdim=True) & (torch.arange(counted.shape[1], device=counted.device) == 0)
    )
    index = torch.arange(counted.shape[1], device=counted.device).expand_as(counted)
    last = torch.where(counted, index, -1).amax(1)
    first = torch.where(counted, index, counted.shape[1]).amin(1)
    eos = last
    if eos_id is not None and input_ids.shape == counted.shape:
        found = torch.where(counted & (input_ids == eos_id), index, -1).amax(1)
        eos = torch.where(found >= 0, found, last)
    counts = counted.sum(1, keepdim=True).float()
    return Positions(counted, counts, first, last, eos, bool(counted.all()))


def pool(hidden: torch.Tensor, where: Positions, poolings: Sequence[str]) -> list[torch.Tensor]:
    """Pool one layer in several ways: (b, t, d) -> one (b, d) float32 per pooling.

    cls is the first token that counts, last the last one, eos the last end token (CodeT5 reads
    its decoder there), mean and max run over all tokens that count, special tokens included.
    """
    return [_POOLINGS[name](hidden, where) for name in poolings]


def _at(hidden: torch.Tensor, index: torch.Tensor) -> torch.Tensor:
    return hidden[torch.arange(len(hidden), device=hidden.device), index].float()


def _mean(hidden: torch.Tensor, where: Positions) -> torch.Tensor:
    if not where.full:
        hidden = hidden.masked_fill(~where.mask[..., None], 0)
    return hidden.sum(1, dtype=torch.float32) / where.counts


def _max(hidden: torch.Tensor, where: Positions) -> torch.Tensor:
    if not where.full:
        hidden = hidden.masked_fill(~where.mask[..., None], float("-inf"))
    return hidden.amax(1).float()


_POOLINGS = {
    "cls": lambda hidden, where: _at(hidden, where.first),
    "last": lambda hidden, where: _at(hidden, where.last),
    "eos": lambda hidden, where: _at(hidden, where.eos),
    "mean": _mean,
    "max": _max,
}
