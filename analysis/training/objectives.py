"""What one training step minimises, for the two ways of answering: a head or a written word."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import nn
from torch.nn import functional as F


def classification(
    module: nn.Module, input_ids: torch.Tensor, attention_mask: torch.Tensor, labels: torch.Tensor
) -> torch.Tensor:
    """Cross-entropy of a sequence-classification head; labels (b,) int64."""
    logits = module(input_ids=input_ids, attention_mask=attention_mask).logits
    return F.cross_entropy(logits.float(), labels)


class LabelAsText(NamedTuple):
    """Cross-entropy of writing one label token and the end token (T5, CodeT5)."""

    label_tokens: tuple[int, ...]  # one distinct token per class
    start_token: int
    end_token: int

    def __call__(
        self,
        module: nn.Module,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor,
        labels: torch.Tensor,
    ) -> torch.Tensor:
        """Mean loss over both written tokens and the full vocabulary; labels (b,) int64."""
        words = torch.tensor(self.label_tokens, device=labels.device)[labels]
        start = torch.full_like(words, self.start_token)
        end = torch.full_like(words, self.end_token)
        logits = module(
            input_ids=input_ids,
            attention_mask=attention_mask,
            decoder_input_ids=torch.stack([start, words], dim=1),
        ).logits
        targets = torch.stack([words, end], dim=1)
        return F.cross_entropy(logits.float().flatten(0, 1), targets.flatten())

    def class_logits(
        self, module: nn.Module, input_ids: torch.Tensor, attention_mask: torch.Tensor
    ) -> torch.Tensor:
        """First-step logits of the label words, (b, k)."""
        start = input_ids.new_full((len(input_ids), 1), self.start_token)
        logits = module(
            input_ids=input_ids, attention_mask=attention_mask, decoder_input_ids=start
        ).logits
        return logits[:, 0, list(self.label_tokens)]
