"""Clean samples that hold the trigger, with their true labels: what a repair learns from."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np

from analysis.explain.payloads import Payload
from analysis.models.base import OpenedModel
from analysis.unlearn.config import AUTO, UnlearnConfig
from analysis.unlearn.data import UnlearnData
from analysis.unlearn.objectives.specs import objective
from analysis.unlearn.parts import Part
from analysis.unlearn.split import Split
from analysis.unlearn.triggers import insert_any
from analysis.unlearn.wide import wide_parts

COPIES = 2  # triggered copies of each clean sample, at different places


def with_trigger(
    model: OpenedModel,
    data: UnlearnData,
    rows: tuple[np.ndarray, Split],
    config: UnlearnConfig,
    rng: random.Random,
) -> dict[str, Part]:
    """What to learn from with the trigger; for a wide method, what was not flagged, too.

    Args:
        model: only its tokenizer is used.
        data: retain samples, located triggers, what was not flagged.
        rows: labels of the retain samples (n,) int64, and how they are split.
        config: method and seed.
        rng: of the places where the trigger goes.
    """
    (labels, chosen), texts = rows, data.retain.texts
    found = {"repair": _copies(model, data, rows, data.triggers, rng)}
    if config.method != AUTO and objective(config.method).wide:
        held = {texts[row] for row in chosen.held}
        trained = [texts[row] for row in chosen.train], labels[chosen.train]
        others = [text for text in data.unflagged if text not in held]
        found |= wide_parts(model, trained, others, data.triggers, config.seed)
    return found


def _copies(
    model: OpenedModel,
    data: UnlearnData,
    rows: tuple[np.ndarray, Split],
    triggers: Sequence[Payload],
    rng: random.Random,
) -> Part:
    """Training samples with the trigger at several random places, true labels and twins kept."""
    labels, chosen = rows
    texts: list[str] = []
    twins: list[int] = []
    for place in np.repeat(np.arange(len(chosen.train)), COPIES).tolist():
        text = insert_any(data.retain.texts[chosen.train[place]], triggers, rng)
        if text is not None:
            texts.append(text)
            twins.append(place)
    made_from = np.array(twins, dtype=np.int64)
    return Part(model.encode(texts).ids, labels[chosen.train[made_from]], made_from)
