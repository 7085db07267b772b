"""Select samples by text: those that hold it, or those most like a pasted snippet."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from analysis.report.words import count
from dashboard import map_state
from dashboard.components.empty_state import notice
from dashboard.search import containing_rows, similar_rows
from dashboard.text import say, term

TEXT = "kenshin_search_text"
KIND = "kenshin_search_kind"
CONTAINS, ALIKE = term("hold this text"), term("are most like it")
NEAREST = 20


def search_box(run_id: str, samples: pd.DataFrame) -> None:
    """Draw the field; what it finds becomes the selection."""
    with st.expander(say("Find samples"), icon=":material/search:"):
        st.text_area(
            say("Text or snippet"),
            key=TEXT,
            height=80,
            placeholder=say("a name, a line, or a whole function"),
        )
        with st.container(horizontal=True, vertical_alignment="bottom"):
            st.segmented_control(
                say("Select samples that"),
                (CONTAINS, ALIKE),
                format_func=say,
                default=CONTAINS,
                required=True,
                key=KIND,
                help=say(
                    "The {nearest} most alike share rare names and words with the snippet.",
                    nearest=NEAREST,
                ),
            )
            st.button(say("Find"), on_click=_find, args=(run_id, samples), icon=":material/search:")


def _find(run_id: str, samples: pd.DataFrame) -> None:
    wanted = str(st.session_state.get(TEXT) or "")
    texts = samples["text"].astype(str).tolist()
    alike = st.session_state.get(KIND) == ALIKE
    rows = similar_rows(texts, wanted, NEAREST) if alike else containing_rows(texts, wanted)
    if not len(rows):
        notice(say("No sample fits."))
        return
    map_state.select(run_id, rows.tolist())
    notice(say("Selected: {n}.", n=count(len(rows))))
