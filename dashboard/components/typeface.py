"""Japanese glyphs for browsers on machines that have no Japanese typeface.

A face of the page's own family that covers the Japanese blocks alone: a typeface of the reader's
system comes first, the packaged one is sent along for those who have none.
"""

from __future__ import annotations

from functools import lru_cache
from importlib import resources

import streamlit as st

from analysis.report.document.fonts import embedded_subset
from analysis.report.text import words_of
from analysis.report.text.spoken import said
from dashboard.text import language

FAMILIES = ("Source Sans", "Source Code Pro")  # Streamlit's own, and the first of our charts
# as Streamlit's own faces: only then do both make up one family
STYLE = "font-weight: 100 900; font-style: normal;"
SYSTEM = (
    *("Hiragino Sans", "Hiragino Kaku Gothic ProN", "Yu Gothic", "Meiryo", "BIZ UDPGothic"),
    *("Noto Sans CJK JP", "Noto Sans JP", "IPAexGothic", "IPAGothic", "TakaoGothic"),
)
RANGE = "U+2190-2193, U+2E80-30FF, U+31F0-31FF, U+3400-4DBF, U+4E00-9FFF, U+F900-FAFF, U+FF00-FFEF"
KANA = "".join(map(chr, range(0x3041, 0x30FF)))
JAPANESE, OWN_NAME = "ja", "日本語"


def japanese_typeface() -> None:
    """Give the page its Japanese glyphs; in English only those of the language's own name."""
    st.html(_style(language()))


@lru_cache(maxsize=2)
def _style(chosen: str) -> str:
    glyphs = embedded_subset(_text(chosen))
    if not glyphs:
        return "<style></style>"
    system = ", ".join(f"local('{name}')" for name in SYSTEM)
    source = f"{system}, url(data:font/woff;base64,{glyphs}) format('woff')"
    faces = [
        f"@font-face {{ font-family: '{family}'; {STYLE} src: {source}; unicode-range: {RANGE}; }}"
        for family in FAMILIES
    ]
    return f"<style>{''.join(faces)}</style>"


def _text(chosen: str) -> str:
    """Every sign that a screen in this language may show, samples aside."""
    if chosen != JAPANESE:
        return OWN_NAME
    parts = [OWN_NAME, KANA, *said(chosen).values(), repr(words_of(chosen))]
    guides = resources.files("dashboard.components").joinpath("help", chosen)
    if guides.is_dir():
        parts += [each.read_text("utf-8") for each in guides.iterdir() if each.name.endswith(".md")]
    return "".join(parts)
