"""From scores to a mask of exactly the wanted size, and the table that is stored about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import torch

from analysis.errors import RequestError
from analysis.unlearn.delta import place_of
from analysis.unlearn.masks.by_head import head_rows
from analysis.unlearn.masks.evidence import Tensors
from analysis.unlearn.masks.halves import gather
from analysis.unlearn.masks.specs import mask_spec
from analysis.unlearn.masks.stability import stability_rows
from analysis.unlearn.masks.stored import StoredMask
from analysis.unlearn.masks.wagle import terms
from analysis.unlearn.run import Session


class Masked(NamedTuple):
    """A mask and what is told about it."""

    mask: Mapping[str, torch.Tensor]  # name -> bool of the weight's shape; absent: frozen
    rows: tuple[Mapping[str, Any], ...]  # `attribution` table, one row per matrix
    summary: Mapping[str, Any]
    heads: tuple[Mapping[str, Any], ...] = ()  # `attribution_heads` table
    stability: tuple[Mapping[str, Any], ...] = ()  # `mask_stability` table
    scores: Mapping[str, torch.Tensor] | None = None  # what it was cut from; None where stored


def stored_mask(stored: StoredMask) -> Masked:
    """A mask that was computed before; its tables lie with the run that computed it."""
    return Masked(stored.mask, (), {**stored.summary, "stored": True})


def make_mask(session: Session) -> Masked:
    """The mask that the session's configuration names, from its own samples.

    Raises:
        RequestError: an unknown mask, or one that chooses nothing.
    """
    name = str(session.config.mask)
    spec = mask_spec(name)
    session.say(f"Scoring weights ({name})", 0, 0)
    evidence, halves = gather(session, spec)
    score, ratio = spec.resolve(), session.config.mask_ratio
    scores = score(evidence)
    mask = top_share(scores, ratio)
    chosen = sum(int(m.sum()) for m in mask.values())
    total = sum(m.numel() for m in mask.values())
    if not chosen:
        raise RequestError(f"the mask '{name}' chooses no weight of this model.")
    summary: dict[str, Any] = {
        "name": name,
        "ratio": ratio,
        "weights": chosen,
        "of": total,
    }
    if name.startswith("wagle"):
        summary["terms"] = terms(evidence)._asdict()
    return Masked(
        mask,
        tuple(_rows(scores, mask)),
        summary,
        head_rows(scores, mask, session.work.stacks),
        stability_rows((scores, mask), (_cut(score(half), ratio) for half in halves), ratio),
        scores,
    )


def _cut(scores: Tensors, ratio: float) -> tuple[Tensors, Tensors]:
    return scores, top_share(scores, ratio)


def top_share(scores: Tensors, ratio: float) -> dict[str, torch.Tensor]:
    """Exactly round(ratio * n) weights with the highest scores over all matrices together.

    Negative constant scores (-1 of the choices by hand) are never chosen; ties go to the first
    weight in name order.
    """
    names = sorted(scores)
    by_choice = all(_constant(scores[name]) for name in names)
    if by_choice:  # a choice by hand has no order to cut
        return {name: scores[name] > 0 for name in names}
    flat = torch.cat([scores[name].detach().float().flatten().cpu() for name in names])
    barred = torch.cat(
        [
            torch.full((scores[name].numel(),), bool(_barred(scores[name])), dtype=torch.bool)
            for name in names
        ]
    )
    count = min(round(ratio * len(flat)), int((~barred).sum()))
    flat = flat.masked_fill(barred, -torch.inf)
    chosen = torch.zeros(len(flat), dtype=torch.bool)
    chosen[_largest(flat, count)] = True
    pieces = chosen.split([scores[name].numel() for name in names])
    return {
        name: piece.view(scores[name].shape).to(scores[name].device)
        for name, piece in zip(names, pieces, strict=True)
    }


def _largest(values: torch.Tensor, count: int) -> torch.Tensor:
    """Indices of the `count` largest, ties to the lowest index (topk leaves them open).

    One selection instead of a sort: a model of usual size has 10^8 weights.
    """
    if not count:
        return torch.empty(0, dtype=torch.int64)
    least = values.kthvalue(len(values) - count + 1).values
    above = torch.nonzero(values > least).flatten()
    level = torch.nonzero(values == least).flatten()[: count - len(above)]
    return torch.cat([above, level])


def _constant(value: torch.Tensor) -> bool:
    return bool((value == value.flatten()[0]).all()) and abs(float(value.flatten()[0])) == 1.0


def _barred(value: torch.Tensor) -> bool:
    return bool((value == -1.0).all())


def _rows(scores: Tensors, mask: Tensors) -> list[dict[str, Any]]:
    return [
        {
            "tensor": name,
            **place_of(name),
            "weights": value.numel(),
            "chosen": int(mask[name].sum()),
            "density": float(mask[name].float().mean()),
            "mean": float(value.float().mean()),
            "largest": float(value.float().max()),
        }
        for name, value in scores.items()
    ]
