"""Class probabilities of a model, with nothing stored."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch

from analysis.behaviour.passes import Progress, Watch, run_pass
from analysis.behaviour.placed import placed
from analysis.errors import KenshinError
from analysis.models.base import Batch, Forward, OpenedModel
from analysis.records import Predictions


def predict(
    model: OpenedModel,
    texts: Sequence[str],
    device: torch.device | None = None,
    dtype: torch.dtype = torch.float32,
    progress: Progress | None = None,
    *,
    budget: int | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> np.ndarray:
    """Probabilities of each class for each text, (n, k) float32, rows sum to 1.

    A caller with many small calls passes a model from `placed` (same device and dtype), which
    is then used as it is.

    Raises:
        KenshinError: the model has no head, or gives NaN.
    """
    if model.head is None:
        raise KenshinError(
            f"'{model.source}' has no classification head, so it predicts no class.",
            "Give a fine-tuned checkpoint, or set --label-words.",
        )
    out = np.zeros((len(texts), model.head.n_classes), dtype=np.float32)

    def keep(rows: np.ndarray, batch: Batch, result: Forward) -> None:
        out[rows] = class_probabilities(result.logits).cpu().numpy()

    ready = placed(model, device or torch.device("cpu"), dtype)
    watch = Watch(progress, cancelled)
    run_pass(ready, texts, keep, want_hidden=False, budget=budget, watch=watch)
    if not np.isfinite(out).all():
        row = int(np.flatnonzero(~np.isfinite(out).all(axis=1))[0])
        raise KenshinError(
            f"'{model.source}' gives NaN class probabilities for sample number {row + 1}.",
            "Try --precision fp32; if it stays, the checkpoint is damaged.",
        )
    return out


def predictions(model: OpenedModel, probabilities: np.ndarray, role: str) -> Predictions:
    """The record of what a model says, from its (n, k) probabilities."""
    return Predictions(role, probabilities, model.head.kind if model.head else "none")


def class_probabilities(logits: torch.Tensor | None) -> torch.Tensor:
    """Probabilities (b, k) float32 from the class scores of a forward pass.

    Adapters hand over scores whose softmax gives the probabilities, for every kind of head.
    """
    if logits is None:
        raise KenshinError("the model gave no class scores although its head promises them.")
    return torch.softmax(logits.float(), dim=-1)
