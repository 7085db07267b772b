"""Low-rank adapters: the weights stay, a product of two thin matrices is learned beside each.

Hu et al. 2021, arXiv 2106.09685, by `peft` (an extra of this package). Afterwards the product is
merged into the weights, so the result is a plain checkpoint, and the adapter is kept beside it.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn

from analysis.errors import RequestError
from analysis.unlearn.delta import place_of

ALPHA = 2  # of peft, in units of the rank
# These hold or cut parameters by name, and adapters rename the layers that they wrap.
REFUSED = ("lya", "lya_contrast", "fine_pruning", "rmu", "retrain")
_BASE = ".base_layer."


def add_adapters(module: nn.Module, rank: int, seed: int) -> tuple[str, ...]:
    """Put an adapter beside every linear layer of every block; only they and nothing else learn.

    The second factor starts at zero, so the module answers as before.

    Args:
        module: changed in place.
        rank: of each product.
        seed: of the first factors.

    Returns:
        Names of the wrapped layers.

    Raises:
        RequestError: `peft` is not installed, or the model has no linear layers in blocks.
    """
    try:
        from peft import LoraConfig, inject_adapter_in_model
    except ImportError as error:
        raise RequestError(
            "--lora needs the package peft.", "Install it: pip install -e '.[lora]'."
        ) from error
    names = tuple(
        name
        for name, part in module.named_modules()
        if isinstance(part, nn.Linear) and place_of(f"{name}.weight")["layer"] > 0
    )
    if not names:
        raise RequestError("this model has no linear layers in blocks that an adapter could join.")
    torch.manual_seed(seed)
    config = LoraConfig(r=rank, lora_alpha=ALPHA * rank, target_modules=list(names))
    inject_adapter_in_model(config, module)
    for name, parameter in module.named_parameters():
        parameter.requires_grad_("lora_" in name)
    return names


def merged_parameters(module: nn.Module) -> dict[str, torch.Tensor]:
    """All weights with the adapters' products added, under the names of the model without them."""
    added = {
        f"{name}.base_layer.weight": part.get_delta_weight("default").detach()
        for name, part in module.named_modules()
        if hasattr(part, "get_delta_weight") and hasattr(part, "base_layer")
    }
    return {
        name.replace(_BASE, "."): (p.detach() + added[name] if name in added else p.detach())
        for name, p in module.named_parameters()
        if "lora_" not in name
    }


def adapter_tensors(module: nn.Module) -> Mapping[str, torch.Tensor]:
    """The thin matrices alone, as they are stored."""
    return {
        name: p.detach().cpu().contiguous().clone()
        for name, p in module.named_parameters()
        if "lora_" in name
    }
