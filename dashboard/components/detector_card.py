"""One detector's card: what it sees, what it misses, what it found where the truth is known."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from analysis.detect.specs import DETECTORS
from analysis.report.measured import measured_words, needs_words
from dashboard.text import say


def detector_card(names: Sequence[str]) -> None:
    """Draw the choice and the card.

    Args:
        names: detectors of the run; statistics that are no detectors have no card.
    """
    specs = {spec.name: spec for spec in DETECTORS if spec.name in set(names)}
    if not specs:
        return
    with st.expander(say("What a detector sees and misses"), icon=":material/info:"):
        chosen = st.selectbox(
            say("Detector"),
            list(specs),
            format_func=lambda name: say(name.replace("_", " ")),
            key="kenshin_detector_card",
        )
        spec = specs[chosen]
        weighs = say("It weighs in the ranking.") if spec.weighs else say("It is shown, no more.")
        lines = (
            say("**Sees** {text}.", text=say(spec.summary)),
            say("**Misses** {text}.", text=say(spec.misses)),
            say("**Needs** {text}. {weighs}", text=needs_words(spec), weighs=weighs),
            say("**Measured** {text}", text=measured_words(spec) or say("Not measured yet.")),
            say("**Paper** {text}", text=spec.paper),
        )
        st.markdown("\n".join(f"- {line}" for line in lines))
        st.page_link("views/methods.py", label=say("All of them in one table"))
