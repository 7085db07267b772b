"""How decisions are read from a module: class scores of any head, or a causal model's tokens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from torch import nn

from analysis.behaviour.batches import pad_batch
from analysis.models.base import Batch, OpenedModel
from analysis.models.tokens import pad_id
from analysis.training.trainable import class_logits
from analysis.unlearn.decisions import Decisions, of_classes, of_tokens
from analysis.unlearn.parts import Part

# (module, part, rows) -> decisions under the caller's gradient mode
Scorer = Callable[[nn.Module, Part, np.ndarray], Decisions]


@dataclass(frozen=True)
class ClassScorer:
    """Class scores of a classification head, a one-logit head or label words."""

    model: OpenedModel  # says how; the module that is asked may be another of the same shape
    pad: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "pad", pad_id(self.model))

    def batch(self, module: nn.Module, part: Part, rows: np.ndarray) -> Batch:
        """Padded ids and mask of `rows` on the module's device."""
        device = next(module.parameters()).device
        return pad_batch([part.ids[row] for row in rows], self.pad, device)

    def __call__(self, module: nn.Module, part: Part, rows: np.ndarray) -> Decisions:
        """One decision per row."""
        batch = self.batch(module, part, rows)
        labels = torch.from_numpy(part.labels[rows]).to(batch.input_ids.device)
        return of_classes(class_logits(replace(self.model, module=module), batch), labels)

    def states(
        self, module: nn.Module, part: Part, rows: np.ndarray, stack: str, layer: int
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Hidden states (b, t, d) of one layer (0 = embedding output) and their mask (b, t)."""
        opened = replace(self.model, module=module)
        found = opened.adapter.run(opened, self.batch(module, part, rows))
        return found.hidden[stack][layer], found.masks[stack]


@dataclass(frozen=True)
class TokenScorer:
    """Answer tokens of a causal language model that returns `.logits` (b, t, v).

    A part's labels are here the index of the first answer token of each sample; the answer runs
    to the end of its ids.
    """

    pad: int

    def __call__(self, module: nn.Module, part: Part, rows: np.ndarray) -> Decisions:
        """One decision per answer token."""
        device = next(module.parameters()).device
        batch = pad_batch([part.ids[row] for row in rows], self.pad, device)
        starts = torch.from_numpy(part.labels[rows]).to(device)
        places = torch.arange(batch.input_ids.shape[1], device=device)
        answer = (places >= starts[:, None]) & batch.attention_mask.bool()
        output = module(input_ids=batch.input_ids, attention_mask=batch.attention_mask)
        return of_tokens(output.logits, batch.input_ids, answer)
