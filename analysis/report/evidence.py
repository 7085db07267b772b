"""Statistics of both models beside the band of the clean ones, as a table to read."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analysis.report.layers import band_excess
from analysis.report.text.spoken import say, term
from analysis.report.words import number, p_value

KEYS = ("detector", "statistic", "group", "stack", "layer")
READS = (
    term("no clean band"),
    term("inside the clean band"),
    term("above the clean band"),
    term("far above"),
)


def evidence_table(layers: pd.DataFrame) -> pd.DataFrame:
    """One line per detector, statistic and layer, strongest first, with figures as text.

    Args:
        layers: rows of one pooling, suspect and reference.
    """
    keys = [name for name in KEYS if name in layers]
    suspect = layers[layers["model"] == "suspect"]
    reference = layers.loc[layers["model"] == "reference", [*keys, "value"]]
    joined = suspect.merge(
        reference.rename(columns={"value": "reference"}).drop_duplicates(keys), on=keys, how="left"
    )
    joined["excess"] = band_excess(joined)
    joined = joined.sort_values("excess", ascending=False, na_position="last", kind="stable")
    return pd.DataFrame([_line(row) for row in joined.to_dict("records")])


def _line(row: dict[Any, Any]) -> dict[str, str]:
    line = {
        "detector": say(str(row["detector"]).replace("_", " ")),
        "statistic": say(str(row["statistic"]).replace("_", " ")),
        "layer": _layer(row),
        "class": say(str(row.get("group", "all"))),
        "suspect": number(row["value"]),
        "reference": number(row["reference"]),
        "clean band": number(row["null_low"]) + say(" to ") + number(row["null_high"]),
        "reads as": reads_as(row["excess"]),
    }
    if pd.isna(row["null_high"]):
        line["clean band"] = "–"
    if pd.notna(row.get("p_adjusted")):
        line["p, adjusted"] = p_value(row["p_adjusted"])
    if pd.notna(row.get("auc")):
        line["AUC (truth given)"] = number(row["auc"])
    return line


def _layer(row: dict[Any, Any]) -> str:
    name = str(row["layer"])
    return say("decoder {layer}", layer=name) if row["stack"] == "decoder" else name


def reads_as(excess: float) -> str:
    """Words for a distance from the clean band, in its half-widths."""
    if pd.isna(excess):
        return say(READS[0])
    if excess <= 1:
        return say(READS[1])
    return say(READS[2] if excess <= 3 else READS[3])
