"""T5, CodeT5 and CodeT5+: encoder alone, classification head, label as text, defect models.

Traps: two stacks (always say which); no attention biases and unscaled attention; both stacks are
pre-norm, so only the last hidden entry has passed the final norm.

What the decoder reads, and so what its hidden states are:

- a class head (Hugging Face's own, or the linear head of CodeT5 defect models): the input ids
  shifted right, so the decoder stack has one state per input token and the input's mask; the
  head reads the state at the last end token;
- label as text, or no head: the start token alone, so the decoder stack has one token.

`OpenedModel.decoder_reads` says which; a headless base beside a model with a class head reads
what that model reads, or their decoder states could not be compared (`pair.open_reference`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

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
from analysis.models.heads import (
    class_scores,
    end_token,
    first_step_scores,
    last_index,
    log_probability,
    pick,
    single_distinct,
)


class _Decoded(NamedTuple):
    states: tuple[torch.Tensor, ...]
    last: torch.Tensor
    mask: torch.Tensor


class T5Adapter(Family):
    """Encoder-decoder models of the T5 family."""

    family = "t5"

    def architecture(self, config: Any, shapes: Shapes, words: bool) -> Architecture:
        """By tensors: classification head, encoder alone, or the text-writing model."""
        head = shapes.get("classification_head.out_proj.weight", ())
        if len(head) == 2:
            classes = transformers.T5ForSequenceClassification
            return Architecture(classes, n_outputs=head[0], decoder_reads="input")
        if not any(name.startswith("decoder.block.") for name in shapes):
            return Architecture(transformers.T5EncoderModel)
        linear = linear_head_outputs(config, shapes)
        return Architecture(
            transformers.T5ForConditionalGeneration,
            n_outputs=linear,
            decoder_reads="input" if linear else "start",
            writes_text=not linear,
        )

    def positions(self, config: Any) -> int | None:
        """None: positions are relative."""
        return None

    def stacks(self, module: nn.Module) -> tuple[StackInfo, ...]:
        """The encoder, and the decoder where there is one."""
        config = config_of(module)
        heads = config.num_heads
        depth = {"encoder": config.num_layers, "decoder": config.num_decoder_layers}
        names = ("encoder",) if _decoder(module) is None else ("encoder", "decoder")
        return tuple(
            StackInfo(name, depth[name], config.d_model, heads, heads, config.d_kv)
            for name in names
        )

    def run(self, model: OpenedModel, batch: Batch, *, want_hidden: bool = True) -> Forward:
        """Hidden states of both stacks and class scores; each stack runs once."""
        encoder = _core(model.module).encoder
        with captured(encoder.block, want_hidden) as states:
            encoded = encoder(
                input_ids=batch.input_ids, attention_mask=batch.attention_mask
            ).last_hidden_state
        hidden = {"encoder": with_last(states, encoded)} if want_hidden else {}
        masks = {"encoder": batch.attention_mask}
        logits = None
        if _decoder(model.module) is not None and (want_hidden or model.head is not None):
            decoded, logits = _decide(model, batch, encoded, want_hidden)
            masks["decoder"] = decoded.mask
            if want_hidden:
                hidden["decoder"] = decoded.states
        return Forward(hidden, masks, logits)

    def attention_parameters(self, module: nn.Module) -> Iterator[AttentionParameter]:
        """Self-attention of both stacks and the decoder's cross-attention; T5 has no biases."""
        heads = config_of(module).num_heads
        stacks = {"encoder": _core(module).encoder, "decoder": _decoder(module)}
        for stack, body in stacks.items():
            for layer, block in enumerate(() if body is None else body.block, start=1):
                yield from _projections(stack, layer, "self", block.layer[0].SelfAttention, heads)
                if stack == "decoder":
                    cross = block.layer[1].EncDecAttention
                    yield from _projections(stack, layer, "cross", cross, heads)


def _projections(
    stack: str, layer: int, attention: str, own: Any, heads: int
) -> list[AttentionParameter]:
    parts = {"q": (own.q, heads), "k": (own.k, heads), "v": (own.v, heads)}
    return linear_parameters(stack, layer, attention, parts)


def _core(module: Any) -> Any:
    return getattr(module, "transformer", module)


def _decoder(module: Any) -> Any:
    return getattr(_core(module), "decoder", None)


def _start(module: Any) -> int:
    for name in ("decoder_start_token_id", "pad_token_id"):
        value = getattr(module.config, name, None)
        if value is not None:
            return int(value)
    return 0


def _decide(
    model: OpenedModel, batch: Batch, encoded: torch.Tensor, want_hidden: bool
) -> tuple[_Decoded, torch.Tensor | None]:
    """Decoder states, and class scores where there is a head."""
    module: Any = model.module
    start = batch.input_ids.new_full((batch.input_ids.shape[0], 1), _start(module))
    head = model.head
    if model.decoder_reads == "input":
        # Hugging Face's shift: the decoder reads the input one token late
        ids = torch.cat([start, batch.input_ids[:, :-1]], dim=1)
        decoded = _decode(module, ids, batch.attention_mask, (batch, encoded), want_hidden)
        if head is None:
            return decoded, None
        vector = pick(decoded.last, _last_end(module, batch))
        linear = has_linear_head(module)
        raw = module.classifier(vector) if linear else module.classification_head(vector)
        return decoded, class_scores(head, raw)
    mask = torch.ones_like(start)
    if head is None or single_distinct(head):
        decoded = _decode(module, start, mask, (batch, encoded), want_hidden)
        if head is None:
            return decoded, None
        states = _scaled(module, decoded.last[:, 0])
        return decoded, first_step_scores(module.lm_head, states, head)
    return _spell(model, head, (batch, encoded), want_hidden)


def _spell(
    model: OpenedModel, head: Head, source: tuple[Batch, torch.Tensor], want_hidden: bool
) -> tuple[_Decoded, torch.Tensor]:
    """Summed log-probability of each label word with its end token; the encoder ran once."""
    module: Any = model.module
    rows = source[1].shape[0]
    end = end_token(module.config)
    scores, first = [], None
    for tokens in head.label_tokens:
        wanted = [*tokens, *([] if end is None else [end])]
        targets = source[0].input_ids.new_tensor(wanted).expand(rows, -1)
        start = targets.new_full((rows, 1), _start(module))
        ids = torch.cat([start, targets[:, :-1]], dim=1)
        keep = want_hidden and first is None
        decoded = _decode(module, ids, torch.ones_like(ids), source, keep)
        states = _scaled(module, decoded.last)
        scores.append(log_probability(module.lm_head, states, targets))
        if first is None:  # position 0 sees the start token alone, whatever follows
            kept = tuple(state[:, :1] for state in decoded.states)
            first = _Decoded(kept, decoded.last[:, :1], decoded.mask[:, :1])
    assert first is not None, "a head names at least two words"
    return first, torch.stack(scores, dim=1)


def _decode(
    module: Any,
    ids: torch.Tensor,
    mask: torch.Tensor,
    source: tuple[Batch, torch.Tensor],
    want_hidden: bool,
) -> _Decoded:
    decoder = _decoder(module)
    with captured(decoder.block, want_hidden) as states:
        last = decoder(
            input_ids=ids,
            attention_mask=mask,
            encoder_hidden_states=source[1],
            encoder_attention_mask=source[0].attention_mask,
            use_cache=False,
        ).last_hidden_state
    return _Decoded(with_last(states, last) if want_hidden else (), last, mask)


def _scaled(module: Any, states: torch.Tensor) -> torch.Tensor:
    scale = getattr(module.config, "scale_decoder_outputs", module.config.tie_word_embeddings)
    return states * (module.config.d_model**-0.5) if scale else states


def _last_end(module: Any, batch: Batch) -> torch.Tensor:
    """Index (b,) of the last end token; the last token where a text has none."""
    end = end_token(module.config)
    steps = torch.arange(batch.input_ids.shape[1], device=batch.input_ids.device)
    found = (batch.input_ids == (-1 if end is None else end)) & batch.attention_mask.bool()
    last = torch.where(found, steps, -1).max(dim=1).values
    return torch.where(last >= 0, last, last_index(batch.attention_mask))
