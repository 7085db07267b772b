"""Samples as code, with the located trigger marked; text never becomes markup."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd
import streamlit as st

from analysis.report.words import number
from dashboard.components.scatter import ASSETS
from dashboard.text import say, told

LONGEST = 20_000  # characters of one sample that are shown

_view = st.components.v2.component(
    "kenshin_code",
    html='<div class="k-code"><div class="k-list"></div></div>',
    css=(ASSETS / "code.css").read_text("utf-8"),
    js=(ASSETS / "code.js").read_text("utf-8"),
)


def code_view(samples: pd.DataFrame, key: str) -> None:
    """Show each row of `samples` as a block of code.

    Args:
        samples: rows of the samples merged with the ranking; the index is the row number.
        key: of the widget.
    """
    items = [code_item(int(str(row)), values) for row, values in _records(samples)]
    _view(key=key, data={"items": items})


def _records(samples: pd.DataFrame) -> list[tuple[Hashable, Mapping[Hashable, Any]]]:
    return list(zip(samples.index, samples.to_dict("records"), strict=True))


def code_item(row: int, values: Mapping[Hashable, Any]) -> dict[str, Any]:
    """One block: facts for its head line, text and the marked span in UTF-16 code units."""
    text = str(values["text"])[:LONGEST]
    start, end = values.get("trigger_start"), values.get("trigger_end")
    marked = pd.notna(start) and pd.notna(end) and int(end) > int(start) >= 0
    return {
        "facts": _facts(row, values),
        "text": text,
        "start": _utf16(text, int(start)) if marked else 0,
        "end": _utf16(text, int(end)) if marked else 0,
    }


def _utf16(text: str, index: int) -> int:
    """JavaScript counts UTF-16 code units, Python characters."""
    return len(text[:index].encode("utf-16-le", "surrogatepass")) // 2


def _facts(row: int, values: Mapping[Hashable, Any]) -> list[list[str]]:
    facts = [["", str(values["sample_id"])], [say("row"), str(row)]]
    for label, column in (
        (say("label"), "label"),
        (say("suspect says"), "predicted_suspect"),
        (say("reference says"), "predicted_reference"),
    ):
        if pd.notna(values.get(column)):
            facts.append([label, str(values[column]).removesuffix(".0")])
    if pd.notna(values.get("score")):
        facts.append([say("score"), number(float(values["score"]))])
    if pd.notna(values.get("drop")) and values.get("hangs_on"):
        shown = " ".join(str(values["hangs_on"]).split())[:60]
        facts.append([say("falls by {drop} without", drop=number(float(values["drop"]))), shown])
    if values.get("why") and pd.notna(values.get("why")):
        facts.append(["", told(str(values["why"]))])
    return facts
