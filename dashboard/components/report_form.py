"""What a report shall be: languages, formats, theme, who signs it."""

from __future__ import annotations

import streamlit as st

from analysis.report.document.build import Style
from analysis.report.document.request import FORMATS, ReportRequest
from analysis.report.document.tables import ROWS
from analysis.report.text import LANGUAGES
from dashboard.components.inputs import several
from dashboard.components.report_decisions import report_decisions
from dashboard.text import language, say, says, term

USUAL = ("html", "pdf", "pptx")


def report_form() -> ReportRequest | None:
    """Draw the choices; None while no language or no format is chosen."""
    languages = st.pills(
        says("screen.languages"),
        LANGUAGES,
        selection_mode="multi",
        default=[language()],
        format_func=lambda name: says(f"language.{name}"),
        key="kenshin_report_languages",
    )
    formats = several(
        says("screen.formats"),
        FORMATS,
        list(USUAL),
        words=lambda name: says(f"format.{name}"),
        key="kenshin_report_formats",
    )
    with st.container(horizontal=True, gap="large"):
        theme = st.segmented_control(
            says("screen.theme"),
            (term("light"), term("dark")),
            default="light",
            required=True,
            format_func=say,
            key="kenshin_report_theme",
        )
        rows = st.segmented_control(
            says("screen.rows"),
            ROWS,
            default="all",
            required=True,
            format_func=lambda name: says(f"screen.rows_{name}"),
            key="kenshin_report_rows",
        )
    author = st.text_input(
        says("screen.author"),
        help=says("screen.author_help"),
        max_chars=80,
        key="kenshin_report_author",
    )
    decisions = report_decisions()
    if not languages or not formats:
        st.info(says("screen.nothing"), icon=":material/info:")
        return None
    return ReportRequest(
        formats=tuple(name for name in FORMATS if name in formats),
        languages=tuple(name for name in LANGUAGES if name in languages),
        style=Style(theme=theme or "light", author=author or ""),
        rows=rows or "all",
        policy=decisions.policy,
        price=decisions.price,
        currency=decisions.currency,
    )
