"""BERT and RoBERTa: CodeBERT, GraphCodeBERT, UniXcoder and their fine-tunes.

Traps: RoBERTa's positions start at pad + 1, so 514 positions hold 512 tokens; with first-token
pooling entry 0 (the embedding output) is the same vector for every sample; blocks are post-norm,
so the last block's output already is the last hidden state.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
import transformers
from torch import nn

from analysis.models.base import (
    Architecture,
    AttentionParameter,
    Batch,
    Forward,
    Head,
    OpenedModel,
    StackInfo,
)
from analysis.models.capture import captured, with_last
from analysis.models.family import (
    Family,
    Shapes,
    config_of,
    has_linear_head,
    linear_head_outputs,
    linear_parameters,
)
from analysis.models.heads import class_scores

_OTHER_CLASSIFIERS = ("TokenClassification", "MultipleChoice", "QuestionAnswering")


class RobertaAdapter(Family):
    """BERT and RoBERTa encoders, with or without a sequence-classification head."""

    family = "roberta"

    def architecture(self, config: Any, shapes: Shapes, words: bool) -> Architecture:
        """A classification class where its head is in the file, else the bare encoder."""
        bert = config.model_type == "bert"
        bare = transformers.BertModel if bert else transformers.RobertaModel
        linear = linear_head_outputs(config, shapes)
        if linear:
            return Architecture(bare, {"add_pooling_layer": False}, n_outputs=linear)
        names = " ".join(config.architectures or ())
        other = any(part in names for part in _OTHER_CLASSIFIERS)
        head = shapes.get("classifier.weight" if bert else "classifier.out_proj.weight", ())
        if len(head) == 2 and head[1] == config.hidden_size and not other:
            return Architecture(_classifier(bert), n_outputs=head[0])
        return Architecture(bare, {"add_pooling_layer": False})

    def positions(self, config: Any) -> int | None:
        """Rows of the position table that texts can use."""
        if config.model_type == "bert":
            return int(config.max_position_embeddings)
        return int(config.max_position_embeddings) - int(config.pad_token_id or 0) - 1

    def stacks(self, module: nn.Module) -> tuple[StackInfo, ...]:
        """The encoder."""
        config = config_of(module)
        heads = config.num_attention_heads
        d_head = config.hidden_size // heads
        info = StackInfo(
            "encoder", config.num_hidden_layers, config.hidden_size, heads, heads, d_head
        )
        return (info,)

    def run(self, model: OpenedModel, batch: Batch, *, want_hidden: bool = True) -> Forward:
        """Hidden states of the encoder and class scores, one pass."""
        body = _body(model.module)
        with captured(body.encoder.layer, want_hidden) as states:
            output = body(input_ids=batch.input_ids, attention_mask=batch.attention_mask)
        last = output.last_hidden_state
        logits = None
        if model.head is not None:
            logits = _scores(model.module, model.head, last, output.pooler_output)
        hidden = {"encoder": with_last(states, last)} if want_hidden else {}
        return Forward(hidden, {"encoder": batch.attention_mask}, logits)

    def attention_parameters(self, module: nn.Module) -> Iterator[AttentionParameter]:
        """Self-attention weights and biases of every block."""
        heads = config_of(module).num_attention_heads
        for layer, block in enumerate(_body(module).encoder.layer, start=1):
            own = block.attention.self
            parts = {"q": (own.query, heads), "k": (own.key, heads), "v": (own.value, heads)}
            yield from linear_parameters("encoder", layer, "self", parts)


def _classifier(bert: bool) -> type[nn.Module]:
    if bert:
        return transformers.BertForSequenceClassification
    return transformers.RobertaForSequenceClassification


def _body(module: nn.Module) -> Any:
    return module.base_model


def _scores(module: Any, head: Head, last: torch.Tensor, pooled: Any) -> torch.Tensor:
    if has_linear_head(module):
        raw = module.classifier(last[:, 0])
    elif module.config.model_type == "bert":
        raw = module.classifier(module.dropout(pooled))
    else:
        raw = module.classifier(last)
    return class_scores(head, raw)
