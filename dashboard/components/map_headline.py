"""The sentence above the map: what this layer shows that the clean reference does not."""

from __future__ import annotations

import streamlit as st

from analysis.report.words import count, layer_sentence
from analysis.runs.run import Run
from dashboard import services
from dashboard.components.map_controls import MapChoice
from dashboard.payload import MapPayload


def map_headline(run: Run, payload: MapPayload, choice: MapChoice) -> None:
    """Say it for the layer on screen, with the clean reference beside it."""
    samples = services.samples(run)
    flagged = int(samples["flagged"].sum()) if "flagged" in samples else 0
    entry = next(e for e in payload.meta["layers"] if e["key"] == choice.layer)
    whom = f"{count(flagged)} flagged samples" if flagged else "some samples"
    if entry["located"]:
        whom = f"the {count(entry['located'])} samples that hold the located trigger"
    if not run.has("layers"):
        st.markdown(f"#### {entry['title']} of {max(payload.layers)}: not scored yet.")
        return
    st.markdown(
        "#### "
        + layer_sentence(
            entry["title"], max(payload.layers), entry["excess"], entry["reference"], whom
        )
    )
