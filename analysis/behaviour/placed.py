"""A model on another device or in another precision, without touching the one handed in."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import torch
from torch import nn

from analysis.models.base import OpenedModel
from analysis.models.move import moved

_MARK = "_placed_for_inference"


class FusedLinear(nn.Linear):
    """A linear layer that calls oneDNN with its bias inside.

    `F.linear` on a CPU first copies the bias over the whole output, and for fp32 asks MKL,
    which on some processors reaches less than half of oneDNN's rate; results agree to
    rounding.
    """

    def forward(self, input: torch.Tensor) -> torch.Tensor:  # noqa: A002, D102 - torch's name
        return torch.ops.mkldnn._linear_pointwise(input, self.weight, self.bias, "none", [], "")


def placed(model: OpenedModel, device: torch.device, dtype: torch.dtype) -> OpenedModel:
    """The same model on `device` in `dtype`, for inference only.

    The module tree is a copy; parameters that fit already are shared with the model handed in.
    Called again with the same arguments it returns the model as it is.
    """
    if getattr(model.module, _MARK, None) == (device, dtype):
        return model
    module = moved(model.module, device, dtype)
    module.eval()
    if device.type == "cpu" and _fused_linear_works(dtype):
        for part in module.modules():
            if type(part) is nn.Linear and part.weight.dtype == dtype:
                part.__class__ = FusedLinear
    setattr(module, _MARK, (device, dtype))
    return replace(model, module=module)


@lru_cache(maxsize=4)
def _fused_linear_works(dtype: torch.dtype) -> bool:
    """Whether this build of torch has the fused call and it computes a linear layer."""
    if dtype not in (torch.float32, torch.bfloat16):
        return False
    x = torch.arange(6, dtype=dtype).reshape(1, 2, 3)
    layer = nn.Linear(3, 2).to(dtype)
    try:
        with torch.inference_mode():
            got = torch.ops.mkldnn._linear_pointwise(x, layer.weight, layer.bias, "none", [], "")
            return bool(torch.allclose(got, layer(x), atol=0.05, rtol=0.02))
    except (RuntimeError, AttributeError):
        return False
