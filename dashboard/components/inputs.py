"""Widgets that would else speak Streamlit's English: what they offer is said in our own words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from analysis.report.words import count
from dashboard.text import language, say


def upload(
    label: str,
    kinds: Sequence[str],
    key: str | None = None,
    help_text: str = "",
    place: Any = st,
) -> UploadedFile | None:
    """A place to drop one file; its limits stand in the help, in the reader's language.

    Args:
        label: what it is for.
        kinds: endings of file names that are taken.
        key: of the widget.
        help_text: said before the limits.
        place: a container; the page's own without one.
    """
    limits = say(
        "One file of up to {size} MB: {kinds}.",
        size=count(int(st.get_option("server.maxUploadSize"))),
        kinds=", ".join(kind.upper() for kind in kinds),
    )
    return place.file_uploader(label, list(kinds), key=key, help=f"{help_text} {limits}".strip())


def several(
    label: str,
    options: Sequence[Any],
    chosen: Sequence[Any] | None = None,
    words: Callable[[Any], str] = str,
    place: Any = st,
    **more: Any,
) -> list[Any]:
    """A choice of several; "Select all" only for those who read it: Streamlit has it in English.

    Args:
        label: what is chosen.
        options: offered.
        chosen: of them, at first.
        words: how an option is called.
        place: a container; the page's own without one.
        **more: handed on to `st.multiselect`.
    """
    given = {"placeholder": say("Choose"), "select_all": language() == "en", "wrap": True} | more
    return place.multiselect(label, options, chosen, format_func=words, **given)
