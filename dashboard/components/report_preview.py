"""A page of the report as it will look, and the sentences to say about it."""

from __future__ import annotations

from typing import Final

import streamlit as st

from analysis.report.document.blocks import Document
from analysis.report.document.make import preview
from analysis.report.document.request import ReportRequest
from analysis.runs.run import Run
from dashboard.text import says

_KEPT: Final = "kenshin_report_preview"  # (key, document, page): the latest only
HEIGHT = 900
# Sections that decide something, in the order of the report; the others are for reading later.
PAGES = ("", "policy", "cost", "provenance", "trail")


def report_preview(run: Run, wish: ReportRequest | None, stamp: str) -> Document | None:
    """Draw a page in the first chosen language, or in the one chosen here.

    Args:
        run: any run that has ended.
        wish: the choices; None draws nothing.
        stamp: changes when the trail does.
    """
    if wish is None:
        return None
    st.markdown(f"**{says('screen.preview')}**")
    with st.container(horizontal=True, gap="large"):
        page = _page(wish)
        language = _language(wish)
    document, shown = _made(run, wish, (language, page), stamp)
    with st.container(border=True):
        st.iframe(shown, height=HEIGHT)
    return document


def _page(wish: ReportRequest) -> str:
    pages = [name for name in PAGES if name != "policy" or wish.policy is not None]
    return (
        st.segmented_control(
            says("screen.page"),
            pages,
            default="",
            required=True,
            format_func=lambda name: says(f"section.{name}" if name else "report.page_one"),
            key="kenshin_report_page",
            label_visibility="collapsed",
        )
        or ""
    )


def _language(wish: ReportRequest) -> str:
    if len(wish.languages) == 1:
        return wish.languages[0]
    return (
        st.segmented_control(
            says("screen.preview"),
            wish.languages,
            default=wish.languages[0],
            required=True,
            format_func=lambda name: says(f"language.{name}"),
            key="kenshin_report_preview_language",
            label_visibility="collapsed",
        )
        or wish.languages[0]
    )


def _made(run: Run, wish: ReportRequest, part: tuple[str, str], stamp: str) -> tuple[Document, str]:
    """The page from this session's memory while nothing about it changed."""
    key = (run.run_id, run.record.get("finished"), wish, part, stamp)
    kept = st.session_state.get(_KEPT)
    if kept is None or kept[0] != key:
        st.session_state[_KEPT] = kept = (key, *preview(run, wish, *part))
    return kept[1], kept[2]


def report_sentences(document: Document) -> None:
    """Each sentence in a box of its own with a copy button."""
    st.markdown(f"#### {says('screen.sentences')}")
    st.caption(says("screen.copy"))
    for sentence in document.sentences:
        st.code(sentence, language=None, wrap_lines=True)
