"""Samples as a table; choosing rows shows their code below."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from analysis.report.safe import first_lines
from dashboard.components.code_view import code_view
from dashboard.components.headings import headings
from dashboard.text import say, term, told

COLUMNS = {
    "sample_id": "sample",
    "score": "score",
    "label": "label",
    "predicted_suspect": "suspect",
    "predicted_reference": "reference",
    "mark": "mark",
    "why": "why",
    "hangs_on": term("hangs on"),
    "drop": term("falls by"),
    "code": "code",
}
HEIGHT = 330
SHOWN_CODE = 3


def sample_table(samples: pd.DataFrame, key: str, shown: int = SHOWN_CODE) -> pd.DataFrame:
    """Draw the table and the code of the chosen rows (the first ones until some are chosen).

    Args:
        samples: rows of the samples merged with the ranking, in the order to show.
        key: of the widget.
        shown: how many samples show their code until rows are chosen.

    Returns:
        The samples whose code is shown.
    """
    picked = _picked(table_frame(samples), key)
    chosen = samples.iloc[picked] if picked else samples.head(shown)
    if not picked and len(samples) > shown:
        st.caption(
            say("Code of the first {shown}; choose rows in the table to read others.", shown=shown)
        )
    code_view(chosen, key=f"{key}_code")
    return chosen


def table_frame(samples: pd.DataFrame) -> pd.DataFrame:
    """The columns a reader wants, in reading order; code cut to its first line."""
    lines = [_one_line(str(text)) for text in samples["text"]]
    frame = samples.assign(code=lines)
    if "why" in frame:
        frame["why"] = [told(why) if isinstance(why, str) else why for why in frame["why"]]
    if "mark" in frame:
        frame["mark"] = [say(mark) if mark else "" for mark in frame["mark"]]
    present = [name for name in COLUMNS if name in frame]
    return frame[present].rename(columns=COLUMNS)


def _one_line(text: str) -> str:
    return " ⏎ ".join(line.strip() for line in first_lines(text, 3, 90).split("\n"))


def _picked(frame: pd.DataFrame, key: str) -> Sequence[int]:
    event = st.dataframe(
        frame,
        key=key,
        height=min(HEIGHT, 38 + 35 * max(1, len(frame))),
        hide_index=True,
        on_select="rerun",
        selection_mode="multi-row",
        column_config=headings(
            frame,
            {
                "score": st.column_config.NumberColumn(format="%.3g", width="small"),
                "label": st.column_config.NumberColumn(width="small"),
                "suspect": st.column_config.NumberColumn(
                    width="small", help=say("What the suspect predicts")
                ),
                "reference": st.column_config.NumberColumn(width="small"),
                "why": st.column_config.TextColumn(width="medium"),
                "hangs on": st.column_config.TextColumn(
                    width="small",
                    help=say("The piece without which the predicted class falls most"),
                ),
                "falls by": st.column_config.NumberColumn(
                    format="%.2f",
                    width="small",
                    help=say("Fall of that class's probability without it"),
                ),
                "code": st.column_config.TextColumn(width="large"),
            },
        ),
        alt=say("Samples with score, reason, label and the first lines of their code"),
    )
    rows = event.get("selection", {}).get("rows", []) if event else []
    return [row for row in rows if row < len(frame)]
