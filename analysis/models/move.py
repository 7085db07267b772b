"""A module on another device or in another precision, as a new value."""

from __future__ import annotations

import copy

import torch
from torch import nn


def moved(module: nn.Module, device: torch.device, dtype: torch.dtype) -> nn.Module:
    """A copy of `module` whose floating parameters have `dtype` and lie on `device`.

    Parameters that fit already are shared with `module`; tied ones stay tied. Buffers only
    change device: rotary tables need their float32. In float16 the layers that a family marks
    (T5's `wo`, which overflows) stay float32.
    """
    keep = tuple(getattr(module, "_keep_in_fp32_modules", None) or ())
    memo: dict[int, object] = {}
    for name, parameter in module.named_parameters():
        target = dtype if parameter.is_floating_point() else parameter.dtype
        if dtype == torch.float16 and any(part in keep for part in name.split(".")):
            target = torch.float32
        if target == parameter.dtype and _same_device(parameter.device, device):
            memo[id(parameter)] = parameter
            continue
        value = parameter.detach().to(device=device, dtype=target)
        memo[id(parameter)] = nn.Parameter(value, requires_grad=parameter.requires_grad)
    for buffer in module.buffers():
        memo[id(buffer)] = buffer.to(device=device)
    return copied(module, memo)


def copied(module: nn.Module, memo: dict[int, object]) -> nn.Module:
    """A copy of a module in which `memo` (id of a tensor -> tensor) says what each tensor is."""
    return copy.deepcopy(module, memo)


def _same_device(have: torch.device, wanted: torch.device) -> bool:
    return have.type == wanted.type and wanted.index in (None, have.index)
