"""What stood out before a removal and what still does: each statistic per layer, twice."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from analysis.report.layer_lines import layer_lines
from analysis.report.palette import UNLEARNED
from analysis.runs.run import Run
from dashboard import services, state
from dashboard.components.chart import chart
from dashboard.text import say

STRONGEST = "strongest"
KEYS = ["stack", "layer", "pooling", "detector", "statistic"]


def standing_out(before: Run, after: Run) -> None:
    """Draw the separation per layer of one detector, or of the strongest, before and after."""
    if not (before.has("layers") and after.has("layers")):
        return
    own = [("model", "=", "suspect")]
    rows = (
        services.table(before, "layers", filters=own),
        services.table(after, "layers", filters=own),
    )
    first, second = shared_rows(*rows)
    if first.empty:
        return
    st.markdown(say("#### What stands out per layer, before and after"))
    names = sorted(first["detector"].unique())
    chosen = st.selectbox(
        say("Detector"),
        [STRONGEST, *names],
        format_func=lambda name: (
            say("the strongest of all") if name == STRONGEST else say(name.replace("_", " "))
        ),
        key="kenshin_standing_out",
    )
    if chosen != STRONGEST:
        first, second = (each[each["detector"] == chosen] for each in (first, second))
    lines = {say("before"): first, say("after"): second}
    chart(
        layer_lines(lines, state.theme(), second=UNLEARNED),
        f"standing-out-{chosen}",
        say("Separation per layer before and after the removal, over the clean band"),
    )
    st.caption(
        say(
            "Only statistics that both inspections hold are drawn; the band is what clean models "
            "show. Samples keep their poison, so text alone still points at them."
        )
    )


def shared_rows(before: pd.DataFrame, after: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows of both tables whose statistic, layer and pooling the other holds, too."""
    both = before[KEYS].merge(after[KEYS], on=KEYS)
    return before.merge(both, on=KEYS), after.merge(both, on=KEYS)
