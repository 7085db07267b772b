"""What is selected: its code, its neighbours, a CSV, and a way to select without a pointer."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from analysis.report.words import count
from analysis.runs.run import Run
from dashboard import map_services, map_state, services
from dashboard.components.code_view import code_view
from dashboard.components.downloads import csv_button
from dashboard.components.empty_state import show_notice
from dashboard.components.inputs import several
from dashboard.components.map_controls import MapChoice
from dashboard.components.sample_table import sample_table
from dashboard.components.scatter import focus_on
from dashboard.components.search_box import search_box
from dashboard.neighbours import nearest_rows
from dashboard.payload import MapPayload
from dashboard.text import say
from dashboard.words_of_groups import characteristic_words

TABLE = "kenshin_selection_table"
BY_ID = "kenshin_select_ids"
NEIGHBOURS = 8
OFFERED = 5000  # ids in the list; beyond these typing would be slow
LISTED = 2000  # rows of the table; a browser holds more, but nobody reads them
FEWEST = 5  # selected samples before their words mean something
MOST_WORDS = 6


def selection_panel(run: Run, payload: MapPayload, choice: MapChoice) -> None:
    """Draw everything below the maps."""
    samples = services.samples(run)
    rows = [row for row in map_state.selected(run.run_id) if row < len(samples)]
    st.markdown(say("#### Selection ({n})", n=count(len(rows))))
    _without_pointer(run, samples)
    if not rows:
        focus_on(())
        st.caption(
            say(
                "Draw a lasso around points, click one, or use the buttons above: the "
                "samples appear here with their code. The selection stays when you change "
                "layer, method or screen."
            )
        )
        return
    chosen = samples.iloc[rows]
    if "score" in chosen:
        chosen = chosen.sort_values("score", ascending=False, kind="stable")
    apart = st.empty()
    if len(chosen) > LISTED:
        st.caption(say("The table lists the first {n}; the CSV holds all.", n=count(LISTED)))
    shown = sample_table(chosen.head(LISTED), key=TABLE)
    # Rows that somebody chose in the table, not the first ones that stand for them.
    picked = (st.session_state.get(TABLE) or {}).get("selection", {}).get("rows")
    focus_on(shown.index if picked else ())
    csv_button(
        chosen,
        f"selection-{run.run_id}",
        say("Download the selection ({n}) as CSV", n=count(len(rows))),
    )
    _neighbours(samples, payload, choice, shown)
    _words(run, payload, rows, apart)


def _words(run: Run, payload: MapPayload, rows: list[int], place: DeltaGenerator) -> None:
    """What the selected samples say that the other drawn ones do not."""
    inside = np.isin(payload.rows, rows)
    if not FEWEST <= inside.sum() < len(inside):
        return
    groups = np.where(inside, 0, -1)
    (words,) = characteristic_words(map_services.words_of_drawn(run, payload), groups, MOST_WORDS)
    if words:
        listed = ", ".join(f"`{word}`" for word in words)
        place.caption(say("Words that set the selection apart: {words}", words=listed))


def _without_pointer(run: Run, samples: pd.DataFrame) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if "flagged" in samples and samples["flagged"].any():
            flagged = np.flatnonzero(samples["flagged"].to_numpy())
            st.button(
                say("Select the {n} flagged", n=count(len(flagged))),
                on_click=map_state.select,
                args=(run.run_id, flagged),
                icon=":material/flag:",
            )
        st.button(
            say("Clear"), on_click=map_state.select, args=(run.run_id, ()), key="kenshin_clear"
        )
        st.button(
            say("Undo"),
            on_click=map_state.undo,
            args=(run.run_id,),
            disabled=not map_state.can_undo(run.run_id),
            icon=":material/undo:",
            help=say("Back to the selection before this one"),
        )
        ids = samples["sample_id"].head(OFFERED).tolist()
        several(
            say("Add samples by id"),
            ids,
            key=BY_ID,
            placeholder=say("Add samples by id"),
            label_visibility="collapsed",
            on_change=_add_ids,
            args=(run.run_id, {name: row for row, name in enumerate(ids)}),
            width=320,
        )
    search_box(run.run_id, samples)
    show_notice()


def _add_ids(run_id: str, row_of: dict[str, int]) -> None:
    added = {row_of[name] for name in st.session_state[BY_ID]}
    st.session_state[BY_ID] = []
    map_state.select(run_id, {*map_state.selected(run_id), *added})


def _neighbours(
    samples: pd.DataFrame, payload: MapPayload, choice: MapChoice, shown: pd.DataFrame
) -> None:
    """Nearest samples on the suspect's map, of the first sample whose code is shown."""
    row = int(shown.index[0])
    layer = int(choice.layer.rpartition(":")[2])
    model = "suspect" if "suspect" in payload.models else payload.models[-1]
    near = nearest_rows(payload.coordinates[layer, model], payload.rows, row, NEIGHBOURS)
    with st.expander(
        say("Nearest neighbours of {sample} on this map", sample=samples["sample_id"].iloc[row])
    ):
        st.caption(
            say(
                "The {neighbours} nearest on the {model}'s two-dimensional map of layer "
                "{layer}: as true as the map is (see its trust above).",
                neighbours=NEIGHBOURS,
                model=say(model),
                layer=layer,
            )
        )
        if len(near):
            code_view(samples.iloc[near], key="kenshin_neighbours")
        else:
            st.caption(say("This sample is not drawn on this map."))
