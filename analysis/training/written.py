"""Training and asking a model that writes its answer token by token.

Encoder-decoders (T5, CodeT5) read the text and write the answer apart from it; causal models
(GPT-2, Llama, Qwen2, CodeGen) write it behind the text, see `continued`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import nn

from analysis.errors import RequestError
from analysis.models.base import OpenedModel
from analysis.models.family import config_of
from analysis.models.heads import end_token
from analysis.models.tokens import pad_id
from analysis.training.continued import answer_logits, continuations
from analysis.training.loop import Objective, pad
from analysis.training.losses.base import RobustLoss
from analysis.training.trainable import encoded

LONGEST = 64  # tokens of an answer, its end included
IGNORED = -100
_BATCH = 32


def require_writer(model: OpenedModel) -> None:
    """Refuse a model without a language-model head.

    Raises:
        RequestError: it cannot write.
    """
    if not hasattr(model.module, "lm_head"):
        raise RequestError(
            f"'{model.source}' ({model.architecture}) cannot be trained to write answers.",
            "Give a T5-like or causal model with its language-model head.",
        )


def is_causal(model: OpenedModel) -> bool:
    """Whether the answer is written behind the text rather than by a decoder of its own."""
    return not config_of(model.module).is_encoder_decoder


def answer_room(model: OpenedModel) -> int:
    """Tokens of an answer at most, its end included: a causal model's share the window."""
    return min(LONGEST, model.window // 2) if is_causal(model) else LONGEST


def prompt_ids(model: OpenedModel, texts: Sequence[str]) -> list[np.ndarray]:
    """Token ids of the texts to answer, n arrays (t_i,) int32; room for the answer is left."""
    if not is_causal(model):
        return encoded(model, texts)
    return encoded(replace(model, window=model.window - answer_room(model)), texts)


def answer_ids(model: OpenedModel, answers: Sequence[str]) -> list[np.ndarray]:
    """Token ids of each answer with the end token, n arrays (t_i,) int64, cut to the room."""
    end = end_token(config_of(model.module))
    room = answer_room(model)
    backend = model.tokenizer.backend_tokenizer
    found = backend.encode_batch(list(answers), add_special_tokens=False)
    last = [] if end is None else [end]
    return [np.array([*each.ids[: room - 1], *last], dtype=np.int64) for each in found]


def written_objective(
    model: OpenedModel, loss: RobustLoss, answers: Sequence[np.ndarray]
) -> Objective:
    """`loss` over the whole vocabulary at every token of the answers; padding does not count.

    The loop's labels are row numbers into `answers` here.

    Args:
        model: from `trainable`; the loop must be given its module.
        loss: with `ignore_index` -100.
        answers: from `answer_ids`.
    """
    assert loss.ignore_index == IGNORED, "padding of answers must not count"

    def objective(
        module: nn.Module, input_ids: torch.Tensor, attention_mask: torch.Tensor, rows: torch.Tensor
    ) -> torch.Tensor:
        targets = _padded([answers[int(row)] for row in rows]).to(input_ids.device)
        if is_causal(model):
            logits = answer_logits(module, input_ids, attention_mask, targets)
        else:
            logits = module(
                input_ids=input_ids,
                attention_mask=attention_mask,
                decoder_input_ids=_shifted(model, targets),
            ).logits
        value: torch.Tensor = loss(logits, targets)
        return value

    return objective


def write_answers(model: OpenedModel, texts: Sequence[str]) -> list[str]:
    """The answer that the model writes to each text, greedily, without special tokens."""
    ids = prompt_ids(model, texts)
    order = np.argsort([len(item) for item in ids], kind="stable")
    said = [""] * len(ids)
    with torch.inference_mode():
        for start in range(0, len(ids), _BATCH):
            rows = order[start : start + _BATCH]
            part = [ids[row] for row in rows]
            tokens = (
                continuations(model, part, answer_room(model))
                if is_causal(model)
                else _decoded(model, part)
            )
            words = model.tokenizer.batch_decode(tokens, skip_special_tokens=True)
            for row, text in zip(rows, words, strict=True):
                said[row] = text.strip()
    return said


def _decoded(model: OpenedModel, ids: Sequence[np.ndarray]) -> torch.Tensor:
    """What an encoder-decoder writes to a batch of texts, (b, s) int64."""
    module: Any = model.module
    device = next(module.parameters()).device
    batch = pad(ids, pad_id(model))
    tokens: torch.Tensor = module.generate(
        input_ids=batch.input_ids.to(device),
        attention_mask=batch.attention_mask.to(device),
        max_new_tokens=LONGEST,
        do_sample=False,
        num_beams=1,
    )
    return tokens


def _padded(answers: Sequence[np.ndarray]) -> torch.Tensor:
    width = max(len(item) for item in answers)
    filled = np.full((len(answers), width), IGNORED, dtype=np.int64)
    for row, item in enumerate(answers):
        filled[row, : len(item)] = item
    return torch.from_numpy(filled)


def _shifted(model: OpenedModel, targets: torch.Tensor) -> torch.Tensor:
    """What the decoder reads: the start token, then every target but the last."""
    config = config_of(model.module)
    start = config.decoder_start_token_id
    first = targets.new_full((len(targets), 1), pad_id(model) if start is None else int(start))
    read = torch.where(targets == IGNORED, pad_id(model), targets)
    return torch.cat([first, read[:, :-1]], dim=1)
