"""A copy of an opened model that may be changed, and its class scores with gradients.

A model that was handed in is never edited: whoever trains, unlearns or attacks starts here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from analysis.errors import RequestError
from analysis.models.base import Batch, OpenedModel
from analysis.models.move import copied
from analysis.training.loop import Objective


def trainable(model: OpenedModel, device: torch.device | str = "cpu") -> OpenedModel:
    """The same model with float32 parameters of its own that require gradients, in eval mode.

    Tied parameters stay tied. Buffers are shared: nothing changes them.

    Args:
        model: any opened model; its module is not touched.
        device: where the copy lies.
    """
    where = torch.device(device)
    memo: dict[int, object] = {}
    for parameter in model.module.parameters():
        value = parameter.detach().to(device=where, copy=True)
        floating = value.is_floating_point()
        value = value.to(torch.float32) if floating else value
        memo[id(parameter)] = nn.Parameter(value, requires_grad=floating)
    for buffer in model.module.buffers():
        memo[id(buffer)] = buffer.to(device=where)
    module = copied(model.module, memo)
    module.eval()
    return replace(model, module=module)


def class_logits(model: OpenedModel, batch: Batch) -> torch.Tensor:
    """Class scores (b, k) float32 under the caller's gradient mode; softmax gives probabilities.

    One way for every head: logits of a classifier, (0, z) of a one-logit head, first-step or
    summed scores of label words.

    Raises:
        RequestError: the model has no head.
    """
    if model.head is None:
        raise RequestError(
            f"'{model.source}' has no classification head, so there is nothing to train towards.",
            "Give a fine-tuned checkpoint, or set --label-words.",
        )
    logits = model.adapter.run(model, batch, want_hidden=False).logits
    assert logits is not None, "a model with a head gives class scores"
    return logits.float()


def head_objective(model: OpenedModel) -> Objective:
    """Cross-entropy of the model's own head, as `loop.train` wants it.

    Args:
        model: from `trainable`; `loop.train` must be given its module.
    """

    def loss(
        _: nn.Module, input_ids: torch.Tensor, attention_mask: torch.Tensor, labels: torch.Tensor
    ) -> torch.Tensor:
        return F.cross_entropy(class_logits(model, Batch(input_ids, attention_mask)), labels)

    return loss


def encoded(model: OpenedModel, texts: Sequence[str]) -> list[np.ndarray]:
    """Token ids inside the window, n arrays (t_i,) int32, special tokens included."""
    return list(model.encode(texts).ids)
