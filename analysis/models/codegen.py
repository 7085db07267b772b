"""CodeGen.

Traps: one projection holds four partitions (the cores of its training hardware), each with its
own quarter of the heads in the order Q, V, K; no biases; the attention and feed-forward parts of
a block read the same normed input; pre-norm.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
import transformers
from torch import nn

from analysis.models.base import AttentionParameter, StackInfo
from analysis.models.decoder import DecoderFamily
from analysis.models.family import config_of

PARTITIONS = 4  # fixed in the architecture


class CodegenAdapter(DecoderFamily):
    """CodeGen decoders; transformers has no classification class for them."""

    family = "codegen"
    bare = transformers.CodeGenModel
    causal = transformers.CodeGenForCausalLM

    def blocks(self, module: Any) -> nn.ModuleList:
        """The blocks of the stack."""
        blocks: nn.ModuleList = module.base_model.h
        return blocks

    def stacks(self, module: nn.Module) -> tuple[StackInfo, ...]:
        """The decoder."""
        config = config_of(module)
        d_head = config.n_embd // config.n_head
        return (
            StackInfo(
                "decoder", config.n_layer, config.n_embd, config.n_head, config.n_head, d_head
            ),
        )

    def attention_parameters(self, module: nn.Module) -> Iterator[AttentionParameter]:
        """Self-attention weights, heads in the order of the partitions."""
        heads = config_of(module).n_head
        for layer, block in enumerate(self.blocks(module), start=1):
            attention: Any = block.attn
            parts = unfused(attention.qkv_proj.weight.detach(), heads)
            for matrix in "qkv":
                yield AttentionParameter("decoder", layer, "self", matrix, "weight", parts[matrix])


def unfused(weight: torch.Tensor, heads: int) -> dict[str, torch.Tensor]:
    """Q, K, V by head, each (heads, d_head, d), from the fused weight (3 d, d)."""
    width = weight.shape[1]
    cut = weight.reshape(PARTITIONS, 3, heads // PARTITIONS, width // heads, width)
    return {m: cut[:, place].reshape(heads, -1, width) for place, m in enumerate("qvk")}
