"""Show only some of the samples: by class, prediction, flag or a text that they hold."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from analysis.report.words import count
from analysis.runs.run import Run
from dashboard import filters, map_services, state
from dashboard.components.inputs import several
from dashboard.text import say

CHOICE = "kenshin_filter_choice"
TEXT = "kenshin_filter_text"


def asked_filter() -> tuple[str, str]:
    """What the URL (or this session) asks for: properties, and a text."""
    return state.get(state.FILTER), state.get(state.HOLDS)


def filter_box(run: Run, samples: pd.DataFrame) -> None:
    """Draw the two fields; the map and its score bars show what passes."""
    options = filters.filter_options(samples)
    state.show_in(CHOICE, list(filters.read_filter(state.get(state.FILTER), samples)))
    state.show_in(TEXT, state.get(state.HOLDS))
    kept = map_services.kept_samples(run, asked_filter())
    with st.popover(_label(kept), icon=":material/filter_alt:"):
        if options:
            several(
                say("Show only"),
                options,
                key=CHOICE,
                words=filters.option_words,
                placeholder=say("all samples"),
                on_change=_chosen,
                help=say(
                    "Properties of one kind are alternatives, of two kinds both are needed. "
                    "The selection is kept."
                ),
            )
        st.text_input(
            say("Samples that hold"), key=TEXT, placeholder=say("any text"), on_change=_written
        )
        st.button(say("Show all samples"), on_click=_cleared, disabled=kept is None)


def _label(kept: np.ndarray | None) -> str:
    if kept is None:
        return say("Filter")
    return say("Filter: {n} of {total}", n=count(int(kept.sum())), total=count(len(kept)))


def _cleared() -> None:
    state.put(state.FILTER, "")
    state.put(state.HOLDS, "")


def _chosen() -> None:
    state.put(state.FILTER, filters.write_filter(st.session_state[CHOICE]))


def _written() -> None:
    state.put(state.HOLDS, st.session_state[TEXT].strip())
