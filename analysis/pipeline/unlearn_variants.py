"""Held-out victims with changed forms of the located trigger, and what they say."""

from __future__ import annotations

import random

import numpy as np

from analysis.explain.payloads import Payload, insert
from analysis.records import SampleSet
from analysis.unlearn.variants import variants_of


def variant_questions(
    test: SampleSet | None, triggers: tuple[Payload, ...], target: int, seed: int
) -> tuple[tuple[str, ...], np.ndarray]:
    """Test victims with one changed form each, in turn, and their rows (v,) int64.

    One per victim keeps the samples independent, so that paired intervals hold.

    Args:
        test: clean held-out samples with labels.
        triggers: the located ones; nothing is asked without any.
        target: class that the trigger pulls to; its own samples are no victims.
        seed: of places and words.
    """
    forms = [form for trigger in triggers for form in variants_of(trigger, seed)]
    nothing = np.empty(0, dtype=np.int64)
    if test is None or test.labels is None or not forms:
        return (), nothing
    rng = random.Random(f"variants {seed}")
    texts: list[str] = []
    rows: list[int] = []
    for row in np.flatnonzero(test.labels != target).tolist():
        found = insert(test.texts[row], forms[len(texts) % len(forms)], rng)
        if found is not None:
            texts.append(found.text)
            rows.append(row)
    return tuple(texts), np.array(rows, dtype=np.int64) if rows else nothing
