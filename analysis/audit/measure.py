"""What one model does with the held-out triggered samples and with clean ones."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from analysis.audit.setting import AuditSetting
from analysis.behaviour.predict import predict
from analysis.models.base import OpenedModel


class Seen(NamedTuple):
    """One measurement."""

    hits: np.ndarray  # (v,) bool, V predicted as the target
    leaning: np.ndarray  # (c,) bool, clean victims predicted as the target
    accuracy: float


def measure(model: OpenedModel, setting: AuditSetting) -> Seen:
    """Predict V and the clean test samples in one pass."""
    held, test = setting.held_out, setting.test
    said = predicted(model, (*held.texts, *test.texts), setting)
    on_held, on_test = said[: len(held.texts)], said[len(held.texts) :]
    victims = test.labels != setting.target
    return Seen(
        hits=on_held == setting.target,
        leaning=(on_test == setting.target)[victims],
        accuracy=float((on_test == test.labels).mean()) if len(on_test) else float("nan"),
    )


def predicted(model: OpenedModel, texts: tuple[str, ...], setting: AuditSetting) -> np.ndarray:
    """Class of each text, (n,) int64."""
    if not texts:
        return np.zeros(0, dtype=np.int64)
    found = predict(model, texts, setting.device)
    return found.argmax(axis=1).astype(np.int64)
