"""What a flagged sample should probably have been answered with, without ground truth."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from torch import nn

from analysis.unlearn.guard import probabilities
from analysis.unlearn.parts import Part
from analysis.unlearn.scoring import ClassScorer


def corrected(
    score: ClassScorer,
    models: tuple[nn.Module, nn.Module | None],
    parts: Mapping[str, Part],
    target: int,
    precision: str,
) -> np.ndarray:
    """The likeliest class besides the target for each forget sample, (n,) int64.

    Asked is the suspect on the trigger-removed twins, else the clean reference on the samples
    themselves, else the suspect on them. Two classes leave no choice.

    Args:
        score: reads class scores.
        models: the suspect's and, where there is one, the reference's module.
        parts: with "forget", and "twins" where triggers could be removed.
        target: the class that the trigger pulls to.
        precision: of the pass.
    """
    forget = parts["forget"]
    suspect, reference = models
    classes = score.model.head.n_classes if score.model.head else 2
    if classes == 2 or not len(forget):
        return np.full(len(forget), 1 - target if classes == 2 else 0, dtype=np.int64)
    if "twins" in parts:
        said = probabilities(suspect, score, parts["twins"], precision)
    else:
        said = probabilities(reference or suspect, score, forget, precision)
    said = said.copy()
    said[:, target] = -1.0
    return said.argmax(axis=1).astype(np.int64)
