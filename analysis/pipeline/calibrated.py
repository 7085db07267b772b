"""A ranking as a run keeps it, with the stored calibration and what the run says about that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from analysis.data.calibration import stored_calibration
from analysis.detect.calibration import Calibration, calibration_of
from analysis.detect.ranking import Ranking

_TOLD = ("models", "poisoned_models", "rows", "brier", "brier_low", "brier_high", "brier_constant")


def calibrations() -> Mapping[str, Calibration]:
    """Signals, joined with "+", -> fitted map."""
    return {name: calibration_of(entry) for name, entry in stored_calibration()["maps"].items()}


def ranking_metrics(ranking: Ranking) -> dict[str, Any]:
    """`metrics.ranking` of a run; `calibration` is null where no map was fitted for its signals."""
    probability = ranking.probability.astype(np.float64)
    metrics: dict[str, Any] = {
        "threshold": ranking.threshold,
        "expected_false_alarms": ranking.expected_false_alarms,
        "flagged": int(ranking.flagged.sum()),
        "calibration": None,
    }
    if ranking.calibrated:
        entry = stored_calibration()["maps"][ranking.calibrated]
        metrics["calibration"] = {
            "signals": ranking.calibrated,
            "expected_poisoned": float(probability.sum()),
            "expected_false_flagged": float((1.0 - probability)[ranking.flagged].sum()),
            **{name: entry[name] for name in _TOLD},
            "bins": entry["bins"],
        }
    return metrics


def ranking_table(ids: Sequence[str], ranking: Ranking) -> pd.DataFrame:
    """The `ranking` table, one row per input sample, in file order."""
    return pd.DataFrame(
        {
            "sample_id": list(ids),
            "score": ranking.score,
            "rank": ranking.rank,
            "flagged": ranking.flagged,
            "probability": ranking.probability,
            "why": list(ranking.why),
            "trigger_start": ranking.trigger_start,
            "trigger_end": ranking.trigger_end,
        }
    )
