"""Page 1 of the report as it will look, and the sentences to say about it."""

from __future__ import annotations

from typing import Final

import streamlit as st

from analysis.report.document.blocks import Document
from analysis.report.document.build import Style
from analysis.report.document.make import preview
from analysis.report.document.request import ReportRequest
from analysis.runs.run import Run
from dashboard.text import says

_KEPT: Final = "kenshin_report_preview"  # (key, document, page): the latest only
HEIGHT = 900


def report_preview(run: Run, wish: ReportRequest | None) -> Document | None:
    """Draw page 1 in the first chosen language, or in the one chosen here.

    Args:
        run: any run that has ended.
        wish: the choices; None draws nothing.
    """
    if wish is None:
        return None
    st.markdown(f"**{says('screen.preview')}**")
    language = wish.languages[0]
    if len(wish.languages) > 1:
        language = (
            st.segmented_control(
                says("screen.preview"),
                wish.languages,
                default=language,
                required=True,
                format_func=lambda name: says(f"language.{name}"),
                key="kenshin_report_preview_language",
                label_visibility="collapsed",
            )
            or language
        )
    document, page = _made(run, wish.style, language)
    with st.container(border=True):
        st.iframe(page, height=HEIGHT)
    return document


def _made(run: Run, style: Style, language: str) -> tuple[Document, str]:
    """The page from this session's memory while nothing about it changed."""
    key = (run.run_id, run.record.get("finished"), style, language)
    kept = st.session_state.get(_KEPT)
    if kept is None or kept[0] != key:
        st.session_state[_KEPT] = kept = (key, *preview(run, style, language))
    return kept[1], kept[2]


def report_sentences(document: Document) -> None:
    """Each sentence in a box of its own with a copy button."""
    st.markdown(f"#### {says('screen.sentences')}")
    st.caption(says("screen.copy"))
    for sentence in document.sentences:
        st.code(sentence, language=None, wrap_lines=True)
