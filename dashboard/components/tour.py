"""A walk over the screens of one inspection that ends with the trigger found."""

from __future__ import annotations

from typing import NamedTuple

import streamlit as st

from dashboard import state
from dashboard.text import say, term


class Stop(NamedTuple):
    """One station of the tour."""

    page: str
    title: str
    text: str


STOPS = (
    Stop(
        "views/embeddings.py",
        term("Where do the two models part?"),
        term(
            "Both maps share their axes. Press **Select the … flagged** below the maps: on "
            "the suspect's side they stand together, on the reference's side they are "
            "scattered. Move the layer slider (or the arrow keys) and watch where the group "
            "forms."
        ),
    ),
    Stop(
        "views/attention.py",
        term("Do the weights give it away?"),
        term(
            "Compare the left heat map with the right one, which sets clean models against "
            "each other. Where both look alike, weights are no evidence: that is the usual "
            "case, and a control."
        ),
    ),
    Stop(
        "views/anomalies.py",
        term("Which text does it?"),
        term(
            "The first sentence names the trigger. Under **Triggers**, *flips* says how many clean "
            "samples turn over once it is inserted; *floor* is the same for the clean model. The "
            "ranked samples below show it highlighted in their code."
        ),
    ),
    Stop(
        "views/help.py",
        term("What next?"),
        term(
            "You have found the trojan. **Reading a verdict** says how far to trust it; the "
            "pages on the left quarantine the samples, clean the model and audit the result."
        ),
    ),
)


def tour_offer() -> None:
    """The button that begins the tour."""
    st.page_link(
        STOPS[0].page,
        label=say("Take the tour: find the trojan in two minutes"),
        icon=":material/tour:",
        query_params={**state.link_params(), state.TOUR: "1"},
    )


def tour() -> None:
    """The present station at the top of its screen; nothing when no tour is on."""
    number = state.tour_stop(len(STOPS))
    if not number:
        return
    stop = STOPS[number - 1]
    with st.container(border=True):
        st.markdown(
            say(
                "**Tour {number} of {n} · {title}**  \n{text}",
                number=number,
                n=len(STOPS),
                title=say(stop.title),
                text=say(stop.text),
            )
        )
        with st.container(horizontal=True):
            if number < len(STOPS):
                st.page_link(
                    STOPS[number].page,
                    label=say("Next"),
                    icon=":material/arrow_forward:",
                    query_params={**state.link_params(), state.TOUR: str(number + 1)},
                )
            st.button(
                say("End the tour"), on_click=state.put, args=(state.TOUR, ""), type="tertiary"
            )
