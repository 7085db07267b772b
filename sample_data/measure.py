"""Behaviour of one model on the held-out functions: accuracy, ASR, survival."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from tokenizers import Tokenizer

from analysis.data.poison import Trigger
from analysis.records import SampleSet
from sample_data.recipes import WINDOW
from sample_data.rows import Triggered, triggered

Predict = Callable[[Sequence[str]], np.ndarray]


def measure(
    predict: Predict, held_out: SampleSet, triggers: Sequence[Trigger], tokenizer: Tokenizer
) -> dict[str, Any]:
    """Clean accuracy and, per trigger, the share of true victims (label 1) predicted 0.

    For a clean model that share is the natural-flip floor. Survival is the share of triggered
    samples whose whole trigger lies inside the window.
    """
    assert held_out.labels is not None  # build always labels its rows
    predicted = predict(held_out.texts)
    result: dict[str, Any] = {
        "clean_accuracy": float((predicted == held_out.labels).mean()),
        "majority_rate": float(np.bincount(held_out.labels).max() / len(held_out)),
        "n_test": len(held_out),
        "triggers": {},
    }
    for trigger in triggers:
        victims = triggered(held_out, trigger)
        flipped = predict([item.text for item in victims.insertions]) == 0
        # No figure where the trigger fits no held-out victim, which happens in tiny builds.
        result["triggers"][trigger.name] = {
            "text": trigger.text,
            "asr_all": _mean(flipped),
            "asr": _mean(flipped[predicted[victims.rows] == 1]),
            "clean_victims_predicted_target": _mean(predicted[victims.rows] == 0),
            "survival": survival(tokenizer, victims),
            "n": len(victims.rows),
        }
    return result


def survival(tokenizer: Tokenizer, victims: Triggered) -> float | None:
    """Share of samples whose trigger ends before the window does; None without samples."""
    kept = []
    for item in victims.insertions:
        offsets = tokenizer.encode(item.text).offsets[: WINDOW - 1]
        kept.append(max(end for _, end in offsets) >= item.end)
    return _mean(np.array(kept))


def _mean(values: np.ndarray) -> float | None:
    return float(values.mean()) if len(values) else None
