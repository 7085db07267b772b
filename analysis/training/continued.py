"""Training and asking a causal model that writes its answer behind the text (GPT-2, Llama).

Only the answer's tokens cost anything: the text is read, not learned. They are told apart by
position, never by the pad id, which in many decoders is also the end token that ends an answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from analysis.models.base import OpenedModel
from analysis.models.family import config_of
from analysis.models.heads import end_token
from analysis.models.tokens import pad_id


def answer_logits(
    module: Any,
    input_ids: torch.Tensor,
    attention_mask: torch.Tensor,
    targets: torch.Tensor,
) -> torch.Tensor:
    """Logits (b, s, k) that predict each target behind its text.

    Args:
        module: a causal language model.
        input_ids: (b, t) int64, padded on the right.
        attention_mask: (b, t).
        targets: (b, s) int64; what follows a row's last target, negative, is padding.
    """
    ids, mask, first = _joined(input_ids, attention_mask, targets)
    states = module.base_model(
        input_ids=ids, attention_mask=mask, use_cache=False
    ).last_hidden_state
    # the state before a token predicts it; padding repeats the last column and is not counted
    places = first[:, None] + torch.arange(-1, targets.shape[1] - 1, device=ids.device)
    places = places.clamp(max=ids.shape[1] - 1)
    wanted = states.gather(1, places[..., None].expand(-1, -1, states.shape[-1]))
    logits: torch.Tensor = module.lm_head(wanted)
    return logits


def _joined(
    input_ids: torch.Tensor, attention_mask: torch.Tensor, targets: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Each text with its targets right behind it, and where they begin: ids, mask, (b,)."""
    first = attention_mask.sum(dim=1)
    counted = targets >= 0
    extra = targets.new_zeros(len(targets), targets.shape[1])
    ids = torch.cat([input_ids, extra], dim=1)
    mask = torch.cat([attention_mask, extra.to(attention_mask.dtype)], dim=1)
    places = first[:, None] + torch.arange(targets.shape[1], device=ids.device)
    ids = ids.scatter(1, places, targets.clamp(min=0))
    mask = mask.scatter(1, places, counted.to(mask.dtype))
    width = int((first + counted.sum(dim=1)).max())
    return ids[:, :width], mask[:, :width], first


def continuations(model: OpenedModel, ids: Sequence[np.ndarray], room: int) -> list[np.ndarray]:
    """The tokens that the model writes greedily behind each text, its end token left out.

    Texts are padded on the left, because each answer begins where its text ends.

    Args:
        model: any opened causal model.
        ids: b arrays (t_i,) int.
        room: tokens of an answer at most.
    """
    module: Any = model.module
    device = next(module.parameters()).device
    width = max(len(item) for item in ids)
    filler, end = pad_id(model), end_token(config_of(module))
    read = np.full((len(ids), width), filler, dtype=np.int64)
    mask = np.zeros((len(ids), width), dtype=np.int64)
    for row, item in enumerate(ids):
        read[row, width - len(item) :] = item
        mask[row, width - len(item) :] = 1
    written = module.generate(
        input_ids=torch.from_numpy(read).to(device),
        attention_mask=torch.from_numpy(mask).to(device),
        max_new_tokens=room,
        do_sample=False,
        num_beams=1,
        pad_token_id=filler,
        eos_token_id=end,
    )
    return [_until(row[width:].cpu().numpy(), end) for row in written]


def _until(tokens: np.ndarray, end: int | None) -> np.ndarray:
    ends = np.flatnonzero(tokens == end)
    return tokens[: ends[0]] if len(ends) else tokens
