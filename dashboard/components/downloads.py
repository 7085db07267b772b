"""Samples as a CSV that a spreadsheet opens without running anything."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard import actions

FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_button(samples: pd.DataFrame, name: str, label: str = "CSV") -> None:
    """Offer `samples` for download.

    Args:
        samples: rows with their row number as the index.
        name: of the file, without ending, and of the widget.
        label: on the button.
    """
    st.download_button(
        label,
        # The browser asks for it outside this script: who asks is settled now.
        data=actions.exported(f"{name}.csv", len(samples), lambda: csv_bytes(samples)),
        file_name=f"{name}.csv",
        mime="text/csv",
        icon=":material/download:",
        key=f"kenshin_csv_{name}",
        on_click="ignore",
    )


def csv_bytes(samples: pd.DataFrame) -> bytes:
    """UTF-8 CSV; text that a spreadsheet would run as a formula gets a leading apostrophe."""
    safe = samples.copy()
    for column in safe.columns:
        if safe[column].dtype == object or str(safe[column].dtype).startswith("str"):
            safe[column] = safe[column].map(_defused)
    return safe.to_csv(index_label="row").encode("utf-8")


def _defused(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value
