"""Attack success over the natural floor, as a record keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple


class Figure(NamedTuple):
    """A share with its 95 % interval and n; all None where it was not measured."""

    value: float | None
    low: float | None = None
    high: float | None = None
    n: int | None = None


def excess_asr(metrics: Mapping[str, Any], model: str = "suspect") -> Figure:
    """`excess_asr` of `model`: attack success minus the natural-flip floor.

    Args:
        metrics: of a record; `metrics[model]` holds the behaviour of a model, each figure with
            value, low, high and n.
        model: whose behaviour.
    """
    found = (metrics.get(model) or {}).get("excess_asr") or {}
    return Figure(found.get("value"), found.get("low"), found.get("high"), found.get("n"))
