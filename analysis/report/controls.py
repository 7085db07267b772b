"""Negative controls as a table: the same procedure on nothing, beside what it said here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from analysis.report.text.spoken import say, term
from analysis.report.words import number

NAMES = {
    "shuffled_labels": term("Shuffled labels"),
    "random_rows": term("Random samples in place of the located ones"),
    "random_direction": term("Random direction"),
    "clean_pair": term("Clean model in the suspect's place"),
}
STATISTICS = {
    "texts": term("texts that count against the file"),
    "strongest_z": term("strongest text (z)"),
    "located_auc": term("best layer (AUC)"),
    "disagreement_tail": term("disagreement with the reference (tail)"),
    "excess": term("flips beyond the floor when the located text is inserted"),
}


def control_table(metrics: Mapping[str, Any]) -> pd.DataFrame:
    """One line per control and figure; empty for runs made before controls were kept."""
    rows = [r for r in metrics.get("controls") or () if r["statistic"] in STATISTICS]
    return pd.DataFrame(
        {
            "control": [say(NAMES.get(r["control"], str(r["control"]))) for r in rows],
            "figure": [say(STATISTICS[r["statistic"]]) for r in rows],
            "on nothing": [number(r["nothing"]) for r in rows],
            "here": [number(r["here"]) for r in rows],
        }
    )
