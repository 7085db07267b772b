"""What the decoder-only families share: one causal pass, the last token decides.

All of them are pre-norm, so only the last hidden entry has passed the final norm. Texts are
padded on the right here (never on the left): a causal model's real tokens do not see it.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from analysis.models.base import Architecture, Batch, Forward, Head, OpenedModel
from analysis.models.capture import captured, with_last
from analysis.models.family import Family, Shapes
from analysis.models.heads import (
    class_scores,
    end_token,
    first_step_scores,
    last_index,
    log_probability,
    pick,
    single_distinct,
)


class DecoderFamily(Family):
    """One stack named decoder; families add their classes, sizes and projections."""

    bare: type[nn.Module]
    causal: type[nn.Module]
    classifier: type[nn.Module] | None = None

    def blocks(self, module: nn.Module) -> nn.ModuleList:
        """The blocks of the stack."""
        raise NotImplementedError

    def architecture(self, config: Any, shapes: Shapes, words: bool) -> Architecture:
        """By tensors: a classification head, the language model where words are known, or bare."""
        score = shapes.get("score.weight", ())
        if self.classifier is not None and len(score) == 2:
            return Architecture(self.classifier, n_outputs=score[0], decoder_only=True)
        chosen = self.causal if words else self.bare
        return Architecture(chosen, writes_text=True, decoder_only=True)

    def positions(self, config: Any) -> int | None:
        """Length of the position table."""
        return int(config.max_position_embeddings)

    def run(self, model: OpenedModel, batch: Batch, *, want_hidden: bool = True) -> Forward:
        """Hidden states of the stack and class scores of the last token, one pass."""
        module: Any = model.module
        with captured(self.blocks(module), want_hidden) as states:
            last = _body(module, batch)
        logits = None
        if model.head is not None and model.head.kind == "label_words":
            logits = _word_scores(module, model.head, batch, last)
        elif model.head is not None:
            vector = pick(last, last_index(batch.attention_mask))
            logits = class_scores(model.head, module.score(vector))
        hidden = {"decoder": with_last(states, last)} if want_hidden else {}
        return Forward(hidden, {"decoder": batch.attention_mask}, logits)


def _body(module: Any, batch: Batch) -> torch.Tensor:
    output = module.base_model(
        input_ids=batch.input_ids, attention_mask=batch.attention_mask, use_cache=False
    )
    last: torch.Tensor = output.last_hidden_state
    return last


def _word_scores(module: Any, head: Head, batch: Batch, last: torch.Tensor) -> torch.Tensor:
    """Scores (b, k) of each label word as the continuation of the text.

    One step for words of one token each; otherwise the text is run once more per word, with the
    word and the end token behind it.
    """
    final = last_index(batch.attention_mask)
    if single_distinct(head):
        return first_step_scores(module.lm_head, pick(last, final), head)
    end = end_token(module.config)
    scores = []
    for tokens in head.label_tokens:
        wanted = [*tokens, *([] if end is None else [end])]
        scores.append(_continuation(module, batch, final, wanted))
    return torch.stack(scores, dim=1)


def _continuation(
    module: Any, batch: Batch, final: torch.Tensor, wanted: list[int]
) -> torch.Tensor:
    """Log-probability (b,) of `wanted` behind each text of a right-padded batch."""
    rows = batch.input_ids.shape[0]
    targets = batch.input_ids.new_tensor(wanted).expand(rows, -1)
    read = targets[:, :-1]  # nothing is predicted from the last one
    ids = torch.cat([batch.input_ids, torch.zeros_like(read)], dim=1)
    mask = torch.cat([batch.attention_mask, torch.zeros_like(read)], dim=1)
    places = final.unsqueeze(1) + torch.arange(len(wanted), device=final.device)
    ids.scatter_(1, places[:, 1:], read)
    mask.scatter_(1, places[:, 1:], 1)
    states = _body(module, Batch(ids, mask))
    before = places.unsqueeze(-1).expand(-1, -1, states.shape[-1])
    return log_probability(module.lm_head, states.gather(1, before), targets)
