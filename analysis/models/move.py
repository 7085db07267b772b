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
        wanted = dtype
        if dtype == torch.float16 and any(part in keep for part in name.split(".")):
            wanted = torch.float32
        target = wanted if parameter.is_floating_point() else parameter.dtype
        value = parameter.detach().to(device=device, dtype=target)
        if value.data_ptr() == parameter.data_ptr() and value.dtype == parameter.dtype:
            memo[id(parameter)] = parameter
        else:
            memo[id(parameter)] = nn.Parameter(value, requires_grad=parameter.requires_grad)
    for buffer in module.buffers():
        memo[id(buffer)] = buffer.to(device=device)
    return copy.deepcopy(module, memo)
