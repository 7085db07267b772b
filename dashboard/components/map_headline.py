"""The sentence above the map: what this layer shows that the clean reference does not."""

from __future__ import annotations

import streamlit as st

from analysis.report.words import count, layer_sentence
from analysis.runs.run import Run
from dashboard import services
from dashboard.components.map_controls import MapChoice
from dashboard.payload import MapPayload
from dashboard.text import say


def map_headline(run: Run, payload: MapPayload, choice: MapChoice) -> None:
    """Say it for the layer on screen, with the clean reference beside it."""
    samples = services.samples(run)
    flagged = int(samples["flagged"].sum()) if "flagged" in samples else 0
    entry = next(e for e in payload.meta["layers"] if e["key"] == choice.layer)
    whom = (
        say("{flagged} flagged samples", flagged=count(flagged)) if flagged else say("some samples")
    )
    if entry["located"]:
        whom = say(
            "the {located} samples that hold the located trigger", located=count(entry["located"])
        )
    if not run.has("layers"):
        st.markdown(
            say(
                "#### {title} of {last}: not scored yet.",
                title=entry["title"],
                last=max(payload.layers),
            )
        )
        return
    st.markdown(
        "#### "
        + layer_sentence(
            entry["title"], max(payload.layers), entry["excess"], entry["reference"], whom
        )
    )
