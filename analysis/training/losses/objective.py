"""A loss as the training loop wants it, for every way a model gives class scores."""

from __future__ import annotations

import torch
from torch import nn

from analysis.models.base import Batch, OpenedModel
from analysis.training.loop import Objective
from analysis.training.losses.base import RobustLoss
from analysis.training.trainable import class_logits


def class_objective(model: OpenedModel, loss: RobustLoss) -> Objective:
    """`loss` over the model's own classes: its head's logits, or the scores of its label words.

    A model that writes its answer is trained on its k label words, not on the vocabulary, so a
    robust loss meets k classes; see `written.word_objective` for one that must learn to write.

    Args:
        model: from `trainable`; the loop must be given its module.
        loss: for class labels, so with nothing ignored.
    """

    def objective(
        _: nn.Module, input_ids: torch.Tensor, attention_mask: torch.Tensor, labels: torch.Tensor
    ) -> torch.Tensor:
        value: torch.Tensor = loss(class_logits(model, Batch(input_ids, attention_mask)), labels)
        return value

    return objective
