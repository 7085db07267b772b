"""Integrated gradients: how much each token adds to a class, as spans of the text.

Sundararajan, Taly and Yan 2017, https://arxiv.org/abs/1703.01365; CodeDetector looks for trigger
tokens this way. The path leads from a baseline without content to the text's own input embeddings;
special tokens stay as they are. The attributions sum to f(text) - f(baseline) (completeness), and
the remaining error of the numerical integral is part of the result.

f is the log-odds of the class: probabilities of a sure model are flat almost everywhere.
Blind spots: the baseline is a choice; of an encoder-decoder model only the encoder's reading of
the text is followed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch

from analysis.explain.input_embeddings import embedding_of, first_reading
from analysis.explain.offsets import token_spans
from analysis.models.base import Batch, OpenedModel
from analysis.models.tokens import pad_id, special_frame
from analysis.training.trainable import class_logits, trainable

STEPS = 64  # points of the integral
_BATCH = 16  # points per pass: bounds the memory


class Attribution(NamedTuple):
    """What one sample's tokens add to one class."""

    target: int
    spans: tuple[tuple[int, int], ...]  # (t) characters of each token; (0, 0) of special ones
    values: np.ndarray  # (t,) float64, log-odds; higher speaks for the class
    difference: float  # f(text) - f(baseline)

    @property
    def error(self) -> float:
        """What the integral misses: sum of the values minus the difference."""
        return float(self.values.sum() - self.difference)

    def of_span(self, start: int, end: int) -> float:
        """Attribution of all tokens that touch text[start:end]."""
        touching = [a < end and b > start for a, b in self.spans]
        return float(self.values[np.asarray(touching, dtype=bool)].sum())


def attribute(
    model: OpenedModel, texts: Sequence[str], targets: Sequence[int], steps: int = STEPS
) -> list[Attribution]:
    """Attributions of a handful of samples.

    Args:
        model: any opened model with a head; it is copied, not touched.
        texts: n samples.
        targets: (n,) the class asked about for each.
        steps: points of the integral; each costs a forward and a backward pass.

    Raises:
        RequestError: the model has no head.
    """
    own = trainable(model)
    own.module.requires_grad_(requires_grad=False)
    return [
        _one(own, text, int(target), steps) for text, target in zip(texts, targets, strict=True)
    ]


def _one(model: OpenedModel, text: str, target: int, steps: int) -> Attribution:
    ids = torch.from_numpy(np.asarray(model.encode([text]).ids[0], dtype=np.int64))
    end = embedding_of(model.module).weight.detach()[ids]
    start = end.clone()
    inner = _inner(model, len(ids))
    start[inner] = embedding_of(model.module).weight.detach()[_blank(model)]
    # Midpoints: exact for straight pieces, and no step is spent on the baseline itself.
    points = (torch.arange(steps, dtype=torch.float32) + 0.5) / steps
    total = torch.zeros_like(end, dtype=torch.float64)
    for part in points.split(_BATCH):
        total += _slopes(model, ids, start, end, part, target)
    values = (total / steps * (end - start)).sum(-1).numpy()
    ends = _scores(model, ids, torch.stack([start, end]), target)
    spans = token_spans(model, text, len(ids))
    return Attribution(target, spans, values, float(ends[1] - ends[0]))


def _slopes(
    model: OpenedModel,
    ids: torch.Tensor,
    start: torch.Tensor,
    end: torch.Tensor,
    points: torch.Tensor,
    target: int,
) -> torch.Tensor:
    """Summed gradients of f at points of the path, (t, d) float64."""
    path = (start + points[:, None, None] * (end - start)).requires_grad_()
    score = _scores(model, ids, path, target).sum()
    return torch.autograd.grad(score, path)[0].double().sum(0)


def _scores(
    model: OpenedModel, ids: torch.Tensor, embeddings: torch.Tensor, target: int
) -> torch.Tensor:
    """Log-odds (b,) of a class when the tokens `ids` (t,) are read as `embeddings` (b, t, d)."""
    batch = ids.expand(len(embeddings), -1)
    with first_reading(model.module, lambda _: embeddings):
        logits = class_logits(model, Batch(batch, torch.ones_like(batch)))
    others = torch.arange(logits.shape[1]) != target
    return logits[:, target] - logits[:, others].logsumexp(-1)


def _inner(model: OpenedModel, length: int) -> slice:
    """Where the text stands between the special tokens."""
    frame = special_frame(model.tokenizer.backend_tokenizer)
    return slice(len(frame.before), max(length - len(frame.after), len(frame.before)))


def _blank(model: OpenedModel) -> int:
    """The token of the baseline: the mask where there is one, else unknown, else padding."""
    for value in (model.tokenizer.mask_token_id, model.tokenizer.unk_token_id):
        if isinstance(value, int):
            return value
    return pad_id(model)
