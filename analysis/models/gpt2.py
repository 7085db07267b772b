"""GPT-2 and its code descendants (CodeGPT, CodeParrot).

Traps: `c_attn` is a Conv1D, whose weight is (inputs, outputs), with Q, K and V side by side;
pre-norm, so only the last hidden entry has passed the final norm; there is often no pad token.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import transformers
from torch import nn

from analysis.models.base import AttentionParameter, StackInfo
from analysis.models.decoder import DecoderFamily
from analysis.models.family import config_of, split_heads


class Gpt2Adapter(DecoderFamily):
    """GPT-2 decoders."""

    family = "gpt2"
    bare = transformers.GPT2Model
    causal = transformers.GPT2LMHeadModel
    classifier = transformers.GPT2ForSequenceClassification

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
        """Self-attention weights and biases, cut out of the fused projection."""
        heads = config_of(module).n_head
        for layer, block in enumerate(self.blocks(module), start=1):
            attention: Any = block.attn
            fused = attention.c_attn
            for kind, rows in (("weight", fused.weight.detach().T), ("bias", fused.bias.detach())):
                for matrix, values in zip("qkv", rows.chunk(3), strict=True):
                    split = split_heads(values, heads)
                    yield AttentionParameter("decoder", layer, "self", matrix, kind, split)
