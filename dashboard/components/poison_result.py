"""What became of a poisoning: achieved rate, skipped samples, survival, three samples as diffs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from analysis.report.safe import escape_markdown, inline_code
from analysis.report.trigger_diff import diff
from analysis.report.words import count, interval
from dashboard.components.headings import headings
from dashboard.text import say, told


def poison_result(found: Mapping[str, Any]) -> None:
    """Draw the result that the command printed."""
    rows, poisoned = int(found["rows"]), int(found["poisoned"])
    st.markdown(
        say(
            "#### {poisoned} of {rows} samples poisoned ({achieved_rate}), read as {language}",
            poisoned=count(poisoned),
            rows=count(rows),
            achieved_rate=f"{float(found['achieved_rate']):.2%}",
            language=escape_markdown(say(str(found["language"]))),
        )
    )
    st.markdown(say("Written to {path}", path=inline_code(str(found["path"]))))
    survival = found.get("trigger_survival")
    if survival:
        figures = (survival["value"], survival["low"], survival["high"], survival["n"])
        st.markdown(
            say("Triggers inside the model's window: {figures}", figures=interval(*figures))
        )
    for warning in found.get("warnings") or ():
        st.warning(escape_markdown(told(str(warning))), icon=":material/info:")
    skipped = found.get("skipped") or {}
    if skipped:
        st.markdown(say("Skipped samples"))
        table = pd.DataFrame(
            {"reason": [told(why) for why in skipped], "samples": list(skipped.values())}
        )
        st.dataframe(
            table,
            hide_index=True,
            column_config=headings(table),
            width=520,
            alt=say("Samples that could not carry the trigger, by reason"),
        )
    for each in found.get("preview") or ():
        st.caption(say("sample {id}", id=each["id"]))
        st.code(diff(str(each["before"]), str(each["after"])), language="diff")
