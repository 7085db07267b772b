"""Every clean text there is: the retain set and what the inspection did not flag."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np

from analysis.explain.payloads import Payload
from analysis.models.base import OpenedModel
from analysis.unlearn.parts import Part
from analysis.unlearn.triggers import insert_any

UNKNOWN = -1  # label of a text that nobody vouches for
MOST = 4000  # unflagged texts; more would only take longer to read


def wide_parts(
    model: OpenedModel,
    retain: tuple[Sequence[str], np.ndarray],
    unflagged: Sequence[str],
    triggers: Sequence[Payload],
    seed: int,
) -> dict[str, Part]:
    """Retain texts, then unflagged ones ("wide"), and a triggered copy of each ("wide_repair").

    Args:
        model: only its tokenizer is used.
        retain: texts to train on, and their labels (n,) int64.
        unflagged: without those that the guard looks at.
        triggers: what was located.
        seed: of the places where the trigger goes, and of the draw where there are too many.
    """
    rng = random.Random(seed)
    others = sorted(set(unflagged) - set(retain[0]))
    if len(others) > MOST:
        others = rng.sample(others, MOST)
    texts = [*retain[0], *others]
    copies = [insert_any(text, triggers, rng) for text in texts]
    rows = np.array([row for row, text in enumerate(copies) if text is not None], dtype=np.int64)
    labels = np.concatenate([retain[1], np.full(len(others), UNKNOWN, dtype=np.int64)])
    triggered = model.encode([str(copies[row]) for row in rows]).ids
    return {
        "wide": Part(model.encode(texts).ids, labels),
        "wide_repair": Part(triggered, labels[rows], rows),
    }
