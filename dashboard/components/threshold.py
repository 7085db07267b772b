"""The ranking: a threshold, what it would flag and how many of those are false alarms."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from analysis.report.figures import default_threshold, flagging, score_histogram
from analysis.report.occlusion_words import occlusion_sentence, with_occlusion
from analysis.report.ranking import Flagging
from analysis.report.words import count, number
from analysis.runs.run import Run
from dashboard import actions, map_state, services, state
from dashboard.components.act_button import act_button
from dashboard.components.chart import chart
from dashboard.components.downloads import csv_button
from dashboard.components.sample_table import sample_table
from dashboard.text import say

STEPS = 200


def threshold_panel(run: Run, samples: pd.DataFrame) -> None:
    """Draw sentence, histogram, slider and the ranked samples."""
    headline = st.empty()
    low, high = float(samples["score"].min()), float(samples["score"].max())
    usual = min(max(default_threshold(samples), low), high + (high - low) / STEPS)
    picture = st.empty()
    threshold = _slider(run, low, high, usual)
    found = flagging(samples, threshold)
    headline.markdown(f"#### {flag_sentence(found)}")
    with picture.container():
        chart(
            score_histogram(samples, threshold, state.theme()),
            "scores",
            say(
                "Scores of {total} samples, {flagged} of them at or above the threshold",
                total=found.total,
                flagged=found.flagged,
            ),
        )
    _ranked(run, samples, threshold)


def _slider(run: Run, low: float, high: float, usual: float) -> float:
    if high <= low:
        return usual
    step = (high - low) / STEPS
    return st.slider(
        say("Threshold"),
        low,
        high + step,
        min(usual, high + step),
        step=step,
        format="%.3g",
        key=f"kenshin_threshold_{run.run_id}",
        help=say(
            "Samples at or above this score are flagged. The run's own choice is the start. "
            "Expected false alarms come from the tail of the samples without a located trigger."
        ),
    )


def flag_sentence(found: Flagging) -> str:
    """Such as "97 of 2,500 samples flagged; expected false alarms at this threshold: 2."."""
    expected = say("under 0.1") if found.expected_false < 0.1 else number(found.expected_false)
    return say(
        "{flagged} of {total} samples flagged; expected false alarms at this "
        "threshold: {expected}.",
        flagged=count(found.flagged),
        total=count(found.total),
        expected=expected,
    )


def _ranked(run: Run, samples: pd.DataFrame, threshold: float) -> None:
    ranked = samples.sort_values("rank" if "rank" in samples else "score", kind="stable")
    above = ranked[ranked["score"] >= threshold]
    show_all = st.toggle(say("Show every sample, not only the flagged ones"), value=above.empty)
    listed = ranked if show_all else above
    with st.container(horizontal=True, vertical_alignment="center"):
        csv_button(
            listed, f"ranking-{run.run_id}", say("The list ({n}) as CSV", n=count(len(listed)))
        )
        if len(above) and run.has("projection"):
            st.button(
                say("Select the flagged on the map"),
                icon=":material/scatter_plot:",
                on_click=map_state.select,
                args=(run.run_id, above.index.to_list()),
            )
    if listed.empty:
        st.caption(say("No sample lies above this threshold."))
        return
    marks = actions.marks(run)
    marked = listed.assign(mark=[marks.get(name, "") for name in listed["sample_id"]])
    if run.has("occlusion"):
        marked = with_occlusion(marked, services.table(run, "occlusion"))
        st.caption(occlusion_sentence(run.record.get("metrics") or {}))
    chosen = sample_table(marked, key="kenshin_ranking")
    _marks(run, chosen)


def _marks(run: Run, chosen: pd.DataFrame) -> None:
    """Confirm or dismiss the samples whose code is shown."""
    ids = chosen["sample_id"].to_list()
    with st.container(horizontal=True, vertical_alignment="center"):
        for word, label, icon in (
            ("confirmed", say("Confirm"), ":material/check:"),
            ("dismissed", say("Dismiss"), ":material/close:"),
            ("none", say("Take the mark back"), ":material/undo:"),
        ):
            act_button(
                label, icon=icon, key=f"kenshin_mark_{word}", on_click=_mark, args=(run, ids, word)
            )
        st.caption(say("for the {n} shown", n=count(len(ids))), width="content")


def _mark(run: Run, ids: list[str], word: str) -> None:
    with services.problems():
        actions.mark(run, ids, word)
