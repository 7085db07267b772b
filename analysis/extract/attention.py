"""The table of Q, K and V weights and biases: distributions, and distances in pairs.

Half a million dependent entries make any difference "significant"; p-values therefore come only
from clean-clean pairs (see `control.py`), never from a test over entries.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch

from analysis.extract import distributions as stats
from analysis.extract.control import add_p_values
from analysis.models.base import OpenedModel
from analysis.records import Attention

KEYS = ["stack", "layer", "attention", "matrix", "kind", "head"]
PAIR = (
    "ks",
    "wasserstein",
    "jensen_shannon",
    "effect_size",
    "effect_low",
    "effect_high",
    "relative_change",
    "spectral_shift",
)

Place = tuple[str, int, str, str, str]  # stack, layer, attention, matrix, kind
Parameters = Mapping[Place, torch.Tensor]


class _Part(NamedTuple):
    """The whole matrix (head None) or one head."""

    head: int | None
    rows: np.ndarray  # (u, w) float32, one row per output
    ordered: np.ndarray  # (u * w,) float32, sorted


def attention_table(
    suspect: OpenedModel,
    reference: OpenedModel | None = None,
    controls: Sequence[tuple[OpenedModel, OpenedModel]] = (),
) -> Attention:
    """Statistics of every attention parameter of a model or a pair.

    Args:
        suspect: the model under inspection.
        reference: what it is compared with.
        controls: pairs of clean models of the same shape; each gives rows with its own pair
            statistics, and together they are the null of the p-values.

    Returns:
        One row per model ("suspect", "reference", "control", "control-2", ...), place and head
        (null = whole matrix). The pair statistics stand on the rows of the suspect and of the
        controls. `histogram` counts equal bins from `histogram_low` to `histogram_high`, the
        same for both models of a pair and all heads of a matrix.
    """
    rows = list(_pair_rows("suspect", suspect, "reference", reference))
    for number, (one, other) in enumerate(controls, start=1):
        role = "control" if number == 1 else f"control-{number}"
        rows.extend(_pair_rows(role, one, None, other))
    table = pd.DataFrame(rows)
    if table.empty:
        columns = [*KEYS, "model", "mean", "std", "skew", "kurtosis", "quantiles", "histogram"]
        table = pd.DataFrame(columns=[*columns, "histogram_low", "histogram_high", *PAIR])
    table["head"] = table["head"].astype("Int64")
    return Attention(add_p_values(table, KEYS, reference is not None, len(controls)))


def _pair_rows(
    role: str, model: OpenedModel, other_role: str | None, other: OpenedModel | None
) -> Iterator[dict[str, Any]]:
    mine = _parameters(model)
    theirs = _parameters(other) if other is not None else {}
    for place, tensor in mine.items():
        match = theirs.get(place)
        own = _parts(tensor)
        opposite = _parts(match) if match is not None and match.shape == tensor.shape else []
        span = _span(own[0], *opposite[:1])
        for number, part in enumerate(own):
            against = opposite[number] if opposite else None
            row, counts = _row(role, place, part, span)
            if against is None:
                yield row
                continue
            second, other_counts = _row(other_role or "", place, against, span)
            row.update(_pair(part, against, counts, other_counts))
            yield row
            if other_role is not None:
                yield second


def _span(*wholes: _Part) -> tuple[float, float]:
    """The range that the histograms of both models share."""
    low = min(part.ordered[0] for part in wholes)
    return float(low), float(max(part.ordered[-1] for part in wholes))


def _parameters(model: OpenedModel) -> Parameters:
    return {
        (p.stack, p.layer, p.attention, p.matrix, p.kind): p.values
        for p in model.adapter.attention_parameters(model.module)
    }


def _parts(values: torch.Tensor) -> list[_Part]:
    """Whole matrix first, then each head, of (h, d_head, w) or (h, d_head)."""
    heads = values.detach().to("cpu", torch.float32).numpy()
    if heads.ndim == 2:
        heads = heads[:, :, None]
    whole = heads.reshape(-1, heads.shape[-1])
    parts = [_Part(None, whole, np.sort(whole, axis=None))]
    for number, rows in enumerate(heads):
        parts.append(_Part(number, rows, np.sort(rows, axis=None)))
    return parts


def _row(
    role: str, place: Place, part: _Part, edges: tuple[float, float]
) -> tuple[dict[str, Any], np.ndarray]:
    counts = stats.histogram(part.ordered, *edges)
    row = {
        **dict(zip(KEYS, (*place, part.head), strict=True)),
        "model": role,
        **stats.describe(part.ordered)._asdict(),
        "histogram": counts.tolist(),
        "histogram_low": edges[0],
        "histogram_high": edges[1],
        **dict.fromkeys(PAIR, float("nan")),
    }
    return row, counts


def _pair(a: _Part, b: _Part, counts: np.ndarray, other: np.ndarray) -> dict[str, float]:
    if np.array_equal(a.rows, b.rows):
        return dict.fromkeys(PAIR, 0.0)
    effect = stats.effect_size(a.rows, b.rows)
    found = (
        stats.ks(a.ordered, b.ordered),
        stats.wasserstein(a.ordered, b.ordered),
        stats.jensen_shannon(counts, other),
        *effect,
        stats.relative_change(a.rows, b.rows),
        stats.spectral_shift(a.rows, b.rows),
    )
    return dict(zip(PAIR, found, strict=True))
