"""Llama-like decoders: Llama, CodeLlama, DeepSeek-Coder, Qwen2 and Qwen2.5-Coder.

Traps: several query heads share one key/value head, so K and V have fewer heads than Q; Qwen2
has Q, K and V biases, Llama has none unless its config says so; rotary positions are applied
after the projections; pre-norm.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import transformers
from torch import nn

from analysis.models.base import Architecture, AttentionParameter, StackInfo
from analysis.models.decoder import DecoderFamily
from analysis.models.family import Shapes, config_of, linear_parameters


class LlamaAdapter(DecoderFamily):
    """Llama and Qwen2 decoders."""

    family = "llama"

    def architecture(self, config: Any, shapes: Shapes, words: bool) -> Architecture:
        """The shared choice, with the classes of the config's own model type."""
        kind = _QWEN2 if config.model_type == "qwen2" else _LLAMA
        return kind.architecture(config, shapes, words)

    def blocks(self, module: Any) -> nn.ModuleList:
        """The blocks of the stack."""
        blocks: nn.ModuleList = module.base_model.layers
        return blocks

    def stacks(self, module: nn.Module) -> tuple[StackInfo, ...]:
        """The decoder."""
        config = config_of(module)
        heads, d_model = config.num_attention_heads, config.hidden_size
        d_head = getattr(config, "head_dim", None) or d_model // heads
        shared = config.num_key_value_heads
        return (StackInfo("decoder", config.num_hidden_layers, d_model, heads, shared, d_head),)

    def attention_parameters(self, module: nn.Module) -> Iterator[AttentionParameter]:
        """Self-attention weights and biases; K and V have the shared heads."""
        config = config_of(module)
        heads, shared = config.num_attention_heads, config.num_key_value_heads
        for layer, block in enumerate(self.blocks(module), start=1):
            own: Any = block.self_attn
            parts = {"q": (own.q_proj, heads), "k": (own.k_proj, shared), "v": (own.v_proj, shared)}
            yield from linear_parameters("decoder", layer, "self", parts)


class _Llama(DecoderFamily):
    bare = transformers.LlamaModel
    causal = transformers.LlamaForCausalLM
    classifier = transformers.LlamaForSequenceClassification


class _Qwen2(DecoderFamily):
    bare = transformers.Qwen2Model
    causal = transformers.Qwen2ForCausalLM
    classifier = transformers.Qwen2ForSequenceClassification


_LLAMA, _QWEN2 = _Llama(), _Qwen2()
