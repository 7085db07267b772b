"""One sample's way through the layers, with its trigger and without it."""

from __future__ import annotations

import streamlit as st

from analysis.report.paths import (
    clearest_pooling,
    path_figure,
    path_of,
    path_sentence,
    pull_sentence,
)
from analysis.runs.run import Run
from dashboard import services, state
from dashboard.components.chart import chart
from dashboard.text import say


def followed(run: Run) -> frozenset[str]:
    """Ids of the samples whose way through the layers the run holds."""
    if not run.has("paths"):
        return frozenset()
    return frozenset(services.table(run, "paths", ("sample_id",))["sample_id"].astype(str))


def path_panel(run: Run, sample: str | None) -> None:
    """Draw the way of `sample`; says so where the run did not follow it."""
    if sample is None or not run.has("paths"):
        return
    paths = services.table(run, "paths")
    if paths.empty:
        return
    st.markdown(say("#### Its way through the layers"))
    pooling = clearest_pooling(paths)
    st.markdown(pull_sentence(paths, pooling))
    path = path_of(paths, sample, pooling)
    if path.empty:
        n = paths["sample_id"].nunique()
        st.caption(say("This run followed its first {n} located samples, not this one.", n=n))
        return
    st.markdown(path_sentence(path))
    chart(
        path_figure(path, state.theme()),
        "path",
        say("Distance to the triggered samples and to the own class, per layer and model"),
    )
    st.caption(
        say(
            "Distances to the centres of the other triggered samples and of the class that each "
            "model gives the sample without its trigger, in units of that class's spread; pooling "
            "{pooling}. This illustrates; the answer rests on what inserting the text does.",
            pooling=pooling,
        )
    )
