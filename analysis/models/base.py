"""What an opened checkpoint is, whatever its family: the records between `models` and the rest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
import torch
from torch import nn


class StackInfo(NamedTuple):
    """Shape of one stack."""

    name: str  # "encoder" or "decoder"
    n_layers: int  # blocks; hidden states have n_layers + 1 entries
    d_model: int
    n_heads: int
    n_kv_heads: int
    d_head: int


class AttentionParameter(NamedTuple):
    """One Q, K or V weight or bias, split by head, rows are outputs.

    `values` is (heads, d_head, d_in) for a weight and (heads, d_head) for a bias, in the
    checkpoint's dtype; K and V have `n_kv_heads` heads where heads are shared.
    """

    stack: str
    layer: int  # 1..n
    attention: str  # "self" or "cross"
    matrix: str  # "q", "k" or "v"
    kind: str  # "weight" or "bias"
    values: torch.Tensor


class Batch(NamedTuple):
    """Token ids padded on the right, and what every pooling needs."""

    input_ids: torch.Tensor  # (b, t) int64
    attention_mask: torch.Tensor  # (b, t) int64


class Forward(NamedTuple):
    """Result of one pass."""

    hidden: Mapping[str, Sequence[torch.Tensor]]  # stack -> n_layers + 1 tensors (b, t, d)
    masks: Mapping[str, torch.Tensor]  # stack -> (b, t) 1 where a token counts
    logits: torch.Tensor | None  # (b, k) class scores after the head spec, None without a head


class Head(NamedTuple):
    """How class probabilities come out of the model.

    kind: "argmax" (softmax over n_classes logits), "sigmoid" (one logit, two classes, cut at
    0.5) or "label_words" (the model writes a label word).
    """

    kind: str
    n_classes: int
    label_words: tuple[str, ...] = ()
    label_tokens: tuple[tuple[int, ...], ...] = ()  # token ids of each label word


class Architecture(NamedTuple):
    """Which class a checkpoint is loaded as, and what its tensors say about the head."""

    model_class: type[nn.Module]  # a transformers class
    options: Mapping[str, Any] = {}  # extra arguments of that class
    n_outputs: int = 0  # rows of the class head in the file, 0 without one
    decoder_reads: str = "start"  # see OpenedModel
    writes_text: bool = False  # a language-model head is there: the answer may be a word
    decoder_only: bool = False


class Adapter(Protocol):
    """One architecture family. Implementations are stateless; the module is always passed in."""

    family: str  # "roberta", "t5", "gpt2", "codegen", "llama"

    def architecture(
        self, config: Any, shapes: Mapping[str, tuple[int, ...]], words: bool
    ) -> Architecture:
        """The class to load for a checkpoint with tensors of these names and shapes.

        Args:
            config: transformers config of the checkpoint.
            shapes: tensor name -> shape, as stored.
            words: label words are known, so a causal model should keep its language-model head.
        """

    def positions(self, config: Any) -> int | None:
        """Longest input in tokens that the position table allows, None without a limit."""

    def stacks(self, module: nn.Module) -> tuple[StackInfo, ...]:
        """Stacks of the loaded module, encoder first."""

    def forward(self, model: OpenedModel, batch: Batch, *, want_hidden: bool = True) -> Forward:
        """One pass in inference mode: hidden states of all layers and class logits together.

        Hooks (if any) come off in `finally`. The last hidden entry equals Hugging Face's
        last hidden state.
        """

    def run(self, model: OpenedModel, batch: Batch, *, want_hidden: bool = True) -> Forward:
        """`forward` under the caller's gradient mode, for training and attribution."""

    def attention_parameters(self, module: nn.Module) -> Iterator[AttentionParameter]:
        """Every Q/K/V weight and bias, by stack, layer and matrix."""


@dataclass(frozen=True)
class OpenedModel:
    """A checkpoint opened safely and ready to run; the module is in eval mode."""

    source: str  # as the user gave it
    architecture: str  # Hugging Face class name, for the record
    adapter: Adapter
    module: nn.Module
    tokenizer: Any  # transformers fast tokenizer
    head: Head | None  # None: no predictions (never a random head)
    window: int  # tokens, including special tokens
    sha256: str  # of the parameters (name, dtype, shape, bytes)
    identity: str  # sha256 over parameters, config, tokenizer and preprocessing: the cache key
    stacks: tuple[StackInfo, ...]
    checkpoint_dtype: str  # "float32", "float16", "bfloat16"
    prefix: str = ""
    collapse_whitespace: bool = False
    warnings: tuple[str, ...] = ()
    label_names: Mapping[int, str] = field(default_factory=dict)
    decoder_reads: str = "start"  # T5's decoder: the "start" token alone, or the "input" shifted
    folder: Path | None = None  # where config and tokenizer files lie, for saving

    def encode(self, texts: Sequence[str]) -> Encoded:
        """Token ids of each text after preprocessing, cut to the window."""
        from analysis.models.tokens import encode

        return encode(self, texts)

    def to(self, device: torch.device, dtype: torch.dtype) -> OpenedModel:
        """The same model on a device and in a precision; this one stays as it is.

        Tensors that already fit are shared, not copied.
        """
        from analysis.models.move import moved

        return replace(self, module=moved(self.module, device, dtype))


class Encoded(NamedTuple):
    """Token ids of many texts, not padded."""

    ids: Sequence[np.ndarray]  # n arrays (t_i,) int32, special tokens included, t_i <= window
    n_tokens: np.ndarray  # (n,) int32, tokens before truncation (special tokens included)
    truncated: np.ndarray  # (n,) bool
