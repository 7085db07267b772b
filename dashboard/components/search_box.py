"""Select samples by text: those that hold it, or those most like a pasted snippet."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from analysis.report.words import count
from dashboard import state
from dashboard.components.empty_state import notice
from dashboard.search import containing_rows, similar_rows

TEXT = "kenshin_search_text"
KIND = "kenshin_search_kind"
CONTAINS, ALIKE = "hold this text", "are most like it"
NEAREST = 20


def search_box(run_id: str, samples: pd.DataFrame) -> None:
    """Draw the field; what it finds becomes the selection."""
    with st.expander("Find samples", icon=":material/search:"):
        st.text_area(
            "Text or snippet",
            key=TEXT,
            height=80,
            placeholder="a name, a line, or a whole function",
        )
        with st.container(horizontal=True, vertical_alignment="bottom"):
            st.segmented_control(
                "Select samples that",
                (CONTAINS, ALIKE),
                default=CONTAINS,
                required=True,
                key=KIND,
                help=f"The {NEAREST} most alike share rare names and words with the snippet.",
            )
            st.button("Find", on_click=_find, args=(run_id, samples), icon=":material/search:")


def _find(run_id: str, samples: pd.DataFrame) -> None:
    wanted = str(st.session_state.get(TEXT) or "")
    texts = samples["text"].astype(str).tolist()
    alike = st.session_state.get(KIND) == ALIKE
    rows = similar_rows(texts, wanted, NEAREST) if alike else containing_rows(texts, wanted)
    if not len(rows):
        notice("No sample fits.")
        return
    state.select(run_id, rows.tolist())
    notice(f"{count(len(rows))} samples selected.")
