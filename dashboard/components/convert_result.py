"""What became of a conversion, and how its model wants to be read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from analysis.report.safe import escape_markdown, inline_code
from analysis.report.words import count
from dashboard.text import say


def convert_result(found: Mapping[str, Any]) -> None:
    """Draw the result that the command printed.

    Args:
        found: what `kenshin convert --json` says.
    """
    st.markdown(
        say(
            "{architecture}, head: {head}. Written to {path}",
            architecture=inline_code(str(found.get("architecture", ""))),
            head=inline_code(str(found.get("head", "none"))),
            path=inline_code(str(found.get("path", ""))),
        )
    )
    if found.get("layout") != "plain":
        st.caption(
            say(
                "Such models were trained on one-line code: tick *Collapse whitespace before "
                "tokenising* (under Advanced) when you inspect it."
            )
        )
    if found.get("assumed"):
        names = escape_markdown(", ".join(map(str, found["assumed"])))
        st.caption(say("Assumed, because shapes cannot tell: {names}", names=names))
    if found.get("dropped"):
        st.caption(
            say("Left out, because no known head has them: {n}", n=count(len(found["dropped"])))
        )
