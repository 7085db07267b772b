"""From parameters in training to tensors as the checkpoint stores them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import torch
from torch import nn

from analysis.models.base import OpenedModel
from analysis.models.move import copied


def with_parameters(module: nn.Module, values: Mapping[str, torch.Tensor]) -> nn.Module:
    """A copy of `module` with the named parameters replaced; tied ones stay tied."""
    memo: dict[int, object] = {}
    for name, parameter in module.named_parameters():
        value = values.get(name, parameter).detach().clone()
        memo[id(parameter)] = nn.Parameter(value, requires_grad=False)
    return copied(module, memo)


def stored_state(model: OpenedModel, module: nn.Module) -> dict[str, torch.Tensor]:
    """Tensors of `module` on the CPU in the dtypes that `model`'s checkpoint has, names once.

    A tied tensor is listed under its first name only, as `save_model` writes it.
    """
    own = model.module.state_dict()
    seen: set[tuple[int, tuple[int, ...]]] = set()
    found = {}
    for name, tensor in module.state_dict().items():
        key = (tensor.data_ptr(), tuple(tensor.shape))
        if key in seen and tensor.numel():
            continue
        seen.add(key)
        found[name] = tensor.detach().cpu().to(own[name].dtype)
    return found


def full_state(model: OpenedModel, state: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The same with second names of tied tensors, as `load_state_dict` and `save_model` want."""
    own = model.module.state_dict()
    first: dict[tuple[int, tuple[int, ...]], str] = {}
    for name, tensor in own.items():
        first.setdefault((tensor.data_ptr(), tuple(tensor.shape)), name)
    return {
        name: state[name]
        if name in state
        else state[first[(tensor.data_ptr(), tuple(tensor.shape))]]
        for name, tensor in own.items()
    }


def with_state(model: OpenedModel, state: Mapping[str, torch.Tensor]) -> OpenedModel:
    """The opened model with other weights, in memory; its hashes are those of the original."""
    module = copied(model.module, {})
    module.load_state_dict(full_state(model, state))
    return replace(model, module=module)
