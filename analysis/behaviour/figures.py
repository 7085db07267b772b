"""All behaviour figures of one model as the record stores them."""

from __future__ import annotations

from typing import Any

import numpy as np

from analysis.behaviour import metrics
from analysis.behaviour.intervals import share
from analysis.behaviour.metrics import Clean, Triggered


def behaviour_figures(
    clean: Clean | None, triggered: Triggered | None, survived: np.ndarray | None = None
) -> dict[str, Any]:
    """The "Behaviour figures" of the contract that the inputs allow, as plain JSON.

    Args:
        clean: predictions on labelled clean samples.
        triggered: predictions on triggered samples.
        survived: (m,) bool, which triggers lie inside the window (`survival.survives`).
    """
    found: dict[str, Any] = {}
    if clean is not None:
        found["clean_accuracy"] = metrics.clean_accuracy(clean).to_json()
        found["majority_rate"] = metrics.majority_rate(clean.labels).to_json()
    if triggered is not None:
        found["asr"] = metrics.asr(triggered).to_json()
        found["asr_all"] = metrics.asr_all(triggered).to_json()
        found["natural_flip_floor"] = metrics.natural_flip_floor(triggered, clean).to_json()
        found["excess_asr"] = metrics.excess_asr(triggered, clean).to_json()
        found["triggered_accuracy"] = {
            str(label): figure.to_json()
            for label, figure in metrics.triggered_accuracy(triggered).items()
        }
        found["false_trigger_rate"] = metrics.false_trigger_rate(triggered).to_json()
    if survived is not None:
        found["trigger_survival"] = share(survived).to_json()
    return found
