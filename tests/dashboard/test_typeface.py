"""Browsers without a Japanese typeface still show every word of the Japanese screens."""

import base64
import io
import re

import pytest
from fontTools.ttLib import TTFont

from analysis.report.text.spoken import said
from dashboard.components.typeface import KANA, _style


@pytest.fixture(scope="module")
def style():
    return _style("ja")


def glyphs(style):
    data = re.search(r"base64,([^)]+)\)", style).group(1)
    return set(TTFont(io.BytesIO(base64.b64decode(data))).getBestCmap())


def test_every_sign_of_the_catalogue_has_a_glyph_in_the_page(style):
    wanted = {ord(c) for text in said("ja").values() for c in text if ord(c) >= 0x3041} - {0xFE0F}
    wide = {point for point in wanted if point < 0xFF00} | set(map(ord, "日本語"))
    known = glyphs(style)
    assert len(wide) > 300
    assert not {chr(point) for point in wide - known}
    assert set(map(ord, KANA.replace("\u3097", "").replace("\u3098", ""))) - known <= {
        ord(c) for c in "\u3095\u3096\u3099\u309a\u309f\u30a0\u30fe"
    }


def test_an_english_page_carries_only_the_name_of_the_other_language():
    english = _style("en")
    assert glyphs(english) >= set(map(ord, "日本語"))
    assert len(english) < 8_000


def test_a_typeface_of_the_system_comes_first(style):
    assert style.index("local('Hiragino Sans')") < style.index("url(data:")
