"""What a detector says about itself; imports no numeric library."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

NEEDS = ("trusted", "reference_activations", "reference_predictions")


@dataclass(frozen=True)
class DetectorSpec:
    """One detector: higher scores are more suspicious, always.

    `fits_on` says which cloud `function(cloud, config)` gets: "group" (the scored rows
    themselves), "trusted", "trusted_or_group", "paired" (one model's vectors, then the other's),
    "predictions" (probabilities of both models side by side), "layers" (one column per layer, see
    `trajectories`), "classes" (the other model's vectors and a column of answers, see `classes`) or
    "gradients" (vectors, then p - e_y, see `gradient_scores`).

    Only detectors that `weighs` marks take part in the ranking and name the verdict's detector, so
    that asking for more of them never changes an answer.
    """

    name: str
    function: str  # "module:function"
    config: type
    needs: frozenset[str]
    fits_on: str
    paper: str
    summary: str
    misses: str
    by_default: bool = True  # runs without being asked for
    weighs: bool = True

    def resolve(self) -> Callable[[Any, Any], Any]:
        """The fit function; imports its module."""
        module, name = self.function.split(":")
        return getattr(importlib.import_module(module), name)  # type: ignore[no-any-return]
