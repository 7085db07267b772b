"""The goals of a removal, each met, missed or left open by its interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from analysis.report.words import count
from dashboard.text import say, term, told

STATES = {
    "met": term("✓ met"),
    "missed": term("✗ missed"),
    "undecided": term("? undecided"),
    "not measured": term("– not measured"),
}
HELP = term(
    "Met: the whole 95 % interval lies inside the limit. Missed: all of it lies outside. "
    "Undecided: these samples are too few to tell."
)


def goal_table(goals: Sequence[Mapping[str, Any]]) -> None:
    """Draw the goals of `metrics.goals`; nothing where a run has none."""
    if not goals:
        return
    st.markdown(say("**Goals**"), help=say(HELP))
    st.dataframe(
        goal_rows(goals),
        hide_index=True,
        column_config={
            "state": st.column_config.TextColumn(say("State"), width="small"),
            "goal": st.column_config.TextColumn(say("Goal")),
            "measured": st.column_config.TextColumn(say("Measured, 95 % interval")),
            "n": st.column_config.TextColumn("n", width="small"),
        },
        alt=say("Each goal of the removal with what was measured"),
    )
    for note in dict.fromkeys(str(goal["note"]) for goal in goals if _explained(goal)):
        st.caption(told(note))


def goal_rows(goals: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """One row per goal, in the order of the record."""
    return pd.DataFrame(
        {
            "state": [say(STATES.get(str(g["state"]), str(g["state"]))) for g in goals],
            "goal": [told(str(g["title"])) for g in goals],
            "measured": [_measured(g) for g in goals],
            "n": [count(int(g["n"])) if g.get("n") else "–" for g in goals],
        }
    )


def _explained(goal: Mapping[str, Any]) -> bool:
    return bool(goal.get("note")) and goal["state"] in ("undecided", "not measured")


def _measured(goal: Mapping[str, Any]) -> str:
    value, low, high = (goal.get(key) for key in ("value", "low", "high"))
    if value is None:
        return "–"
    if low is None or high is None:
        return f"{value:+.1%}"
    return f"{value:+.1%} [{low:+.1%} – {high:+.1%}]"
