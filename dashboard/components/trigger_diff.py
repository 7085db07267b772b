"""One flagged sample's code with and without its trigger."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd
import streamlit as st

from analysis.report.trigger_diff import PLACEHOLDER, diff, without_trigger
from dashboard.text import say

SHOWN = 200
LONGEST = 20_000  # characters


def trigger_diff(samples: pd.DataFrame, followed: Collection[str] = ()) -> str | None:
    """Let the user choose a located sample and show the difference that its trigger makes.

    Args:
        samples: merged with the ranking.
        followed: samples whose way through the layers is known; they are offered first.

    Returns:
        The chosen sample's id; None where nothing was located.
    """
    located = samples[samples["trigger_end"] > samples["trigger_start"]]
    located = located[located["text"].str.len() <= LONGEST].sort_values("rank").head(SHOWN)
    if located.empty:
        return None
    st.markdown(say("#### With and without the trigger"))
    ids = sorted(located["sample_id"].to_list(), key=lambda name: name not in followed)
    chosen = st.selectbox(say("Sample"), ids, key="kenshin_trigger_sample", width=360)
    row = located[located["sample_id"] == chosen].iloc[0]
    text, start, end = str(row["text"]), int(row["trigger_start"]), int(row["trigger_end"])
    clean = without_trigger(text, start, end)
    st.code(diff(clean, text), language="diff")
    if PLACEHOLDER in clean:
        st.caption(
            say(
                "What the variable was called is not known; {placeholder} stands in its place.",
                placeholder=PLACEHOLDER,
            )
        )
    return str(chosen)
