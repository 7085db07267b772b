"""p-values of attention differences, from clean-clean pairs and from nothing else."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

STATISTIC = "ks"  # the paper compares distributions; this is its distance
NO_CONTROL = "no control"


def add_p_values(
    table: pd.DataFrame, keys: Sequence[str], paired: bool, controls: int
) -> pd.DataFrame:
    """Add `p_value`, `p_adjusted` and `control` to the rows of the suspect.

    p is the rank of the suspect's statistic among those of the control pairs at the same place,
    (1 + number of controls at least as large) / (1 + number of controls): with k control pairs
    it cannot fall below 1 / (k + 1), and the column `control` says so. Benjamini-Hochberg runs
    over all rows of the suspect that have a p-value.

    Args:
        table: the attention table, pair statistics filled in.
        keys: columns that name a place.
        paired: whether the suspect was compared with a reference.
        controls: number of control pairs.
    """
    table["p_value"] = np.nan
    table["p_adjusted"] = np.nan
    table["control"] = ""
    suspect = (table["model"] == "suspect") & paired
    if not controls:
        table.loc[suspect, "control"] = NO_CONTROL
        return table
    null = table[table["model"].str.startswith("control") & table[STATISTIC].notna()]
    places = {name: group.to_numpy() for name, group in _by_place(null, keys)}
    p_values = table.loc[suspect].apply(
        lambda row: _rank(row[STATISTIC], places.get(_place(row, keys))), axis=1
    )
    if len(p_values):
        table.loc[suspect, "p_value"] = p_values.astype(float)
        table.loc[suspect, "control"] = [
            _words(places.get(_place(row, keys))) for _, row in table.loc[suspect].iterrows()
        ]
    known = suspect & table["p_value"].notna()
    table.loc[known, "p_adjusted"] = benjamini_hochberg(table.loc[known, "p_value"].to_numpy())
    return table


def benjamini_hochberg(p_values: np.ndarray) -> np.ndarray:
    """Adjusted p-values, (m,) -> (m,): the smallest false discovery rate that rejects each.

    Benjamini & Hochberg, 1995, J. R. Stat. Soc. B 57(1).
    """
    count = len(p_values)
    order = np.argsort(p_values, kind="stable")[::-1]
    scaled = p_values[order] * count / np.arange(count, 0, -1)
    adjusted = np.empty(count)
    adjusted[order] = np.minimum(np.minimum.accumulate(scaled), 1.0)
    return adjusted


def _by_place(table: pd.DataFrame, keys: Sequence[str]) -> list[tuple[tuple, pd.Series]]:
    found: dict[tuple, list[float]] = {}
    for _, row in table.iterrows():
        found.setdefault(_place(row, keys), []).append(row[STATISTIC])
    return [(place, pd.Series(values, dtype=float)) for place, values in found.items()]


def _place(row: pd.Series, keys: Sequence[str]) -> tuple:
    return tuple(-1 if pd.isna(row[key]) else row[key] for key in keys)


def _rank(value: float, null: np.ndarray | None) -> float:
    if null is None or np.isnan(value):
        return float("nan")
    return float((1 + (null >= value).sum()) / (1 + len(null)))


def _words(null: np.ndarray | None) -> str:
    if null is None:
        return NO_CONTROL
    return f"{len(null)} clean-clean pairs, smallest possible p {1 / (1 + len(null)):.3g}"
