"""A choice of layers by hand: all matrices of the layers named in `mask_layers`."""

from __future__ import annotations

import torch

from analysis.config import select_layers
from analysis.unlearn.delta import place_of
from analysis.unlearn.masks.evidence import Evidence


def layers(evidence: Evidence) -> dict[str, torch.Tensor]:
    """1 inside the chosen layers (0 = embeddings), -1 outside: never chosen.

    Raises:
        RequestError: a layer that the model does not have.
    """
    stacks = {stack.name: stack.n_layers for stack in evidence.stacks}
    chosen = select_layers(evidence.layers, stacks, "the model")
    found = {}
    for name, weight in evidence.weights.items():
        place = place_of(name)
        inside = place["layer"] in chosen.get(_stack(place["stack"], stacks), ())
        found[name] = torch.full_like(weight, 1.0 if inside else -1.0)
    return found


def _stack(name: str, stacks: dict[str, int]) -> str:
    """Decoder-only models name no stack in their tensors."""
    return next(iter(stacks)) if len(stacks) == 1 else name
