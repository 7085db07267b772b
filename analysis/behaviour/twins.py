"""The clean twin of each triggered sample: the same id in the held-out file."""

from __future__ import annotations

import numpy as np

from analysis.records import SampleSet


def twin_rows(test: SampleSet | None, triggered: SampleSet | None) -> np.ndarray | None:
    """Row in the test set of each triggered sample's twin, (m,) int64; None unless all are there.

    Figures over some of the twins only would not be comparable between files.
    """
    if test is None or triggered is None:
        return None
    places = {sample_id: row for row, sample_id in enumerate(test.ids)}
    if any(sample_id not in places for sample_id in triggered.ids):
        return None
    return np.array([places[sample_id] for sample_id in triggered.ids], dtype=np.int64)
