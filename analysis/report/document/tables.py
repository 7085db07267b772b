"""The samples of a run as CSV and Parquet."""

from __future__ import annotations

import io

import pandas as pd

from analysis.errors import RequestError
from analysis.report.document.facts import Facts

ROWS = ("all", "flagged")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def chosen_rows(facts: Facts, rows: str) -> pd.DataFrame:
    """The samples with their ranking, most suspicious first.

    Args:
        facts: of the chain.
        rows: one of `ROWS`.

    Raises:
        RequestError: the chain has no samples.
    """
    if facts.frame is None:
        raise RequestError(
            f"run {facts.chain.focus.run_id} and its relatives hold no samples to export.",
            "Leave out csv and parquet, or report an inspection.",
        )
    if rows == "flagged":
        return facts.frame[facts.frame["flagged"]].reset_index(drop=True)
    return facts.frame


def csv_bytes(frame: pd.DataFrame) -> bytes:
    """UTF-8 CSV; text that a spreadsheet would run as a formula gets a leading apostrophe."""
    safe = frame.copy()
    for column in safe.columns:
        if not pd.api.types.is_numeric_dtype(safe[column]):
            safe[column] = safe[column].map(_defused)
    return safe.to_csv(index=False).encode("utf-8", errors="backslashreplace")


def parquet_bytes(frame: pd.DataFrame) -> bytes:
    """The same rows with their types, as Parquet."""
    buffer = io.BytesIO()
    frame.to_parquet(buffer, index=False)
    return buffer.getvalue()


def _defused(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
