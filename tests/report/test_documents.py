"""Page, PDF and slides say the same, hold their own typeface, and let nothing in them act."""

import base64
import hashlib
import io
import re
from html.parser import HTMLParser

import pytest
from fontTools.ttLib import TTFont
from pptx import Presentation
from pypdf import PdfReader
from report_runs import HOSTILE, TRIGGER

from analysis.report.document.blocks import Grid
from analysis.report.document.build import Style, build_document
from analysis.report.document.fonts import embedded_subset
from analysis.report.document.html import html_bytes
from analysis.report.document.pdf import pdf_bytes
from analysis.report.document.phrases import one_line, visible
from analysis.report.document.pictures import Pictures
from analysis.report.document.pptx import pptx_bytes
from analysis.report.document.wrap import wrap

STYLE = Style(author="<b>Ada</b>", when="2026-01-02T03:04:05Z")


@pytest.fixture(scope="module")
def made(facts):
    """language -> (document, HTML text, PDF reader, presentation)."""
    found = {}
    for language in ("en", "ja"):
        document, pictures = build_document(facts, language, STYLE), Pictures(STYLE)
        found[language] = (
            document,
            html_bytes(document, pictures, "light").decode("utf-8"),
            PdfReader(io.BytesIO(pdf_bytes(document, pictures, "light"))),
            Presentation(io.BytesIO(pptx_bytes(document, pictures, "dark"))),
        )
    return found


class Tags(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.seen, self.attributes, self.said = [], [], ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.seen.append(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.said += data


def slide_text(deck):
    frames = [s.text_frame for slide in deck.slides for s in slide.shapes if s.has_text_frame]
    return "\n".join(frame.text for frame in frames)


@pytest.mark.parametrize("language", ["en", "ja"])
def test_all_three_lead_with_the_same_verdict_and_limits(made, language):
    document, page, pdf, deck = made[language]
    first = document.first
    spoken = Tags(page).said
    slide = slide_text(deck)
    paper = re.sub(r"\s", "", pdf.pages[0].extract_text())
    for text in (first.word, first.sentence, *first.action, *first.not_tested):
        assert text in spoken
        assert text in slide
        assert re.sub(r"\s", "", text) in paper
    assert first.word == {"en": "FOUND", "ja": "検出"}[language]
    assert TRIGGER in first.sentence


def test_page_one_is_one_page_of_paper(made):
    for language in ("en", "ja"):
        document, _, pdf, _ = made[language]
        second = re.sub(r"\s", "", pdf.pages[1].extract_text())
        title = {"en": "Sentencesforthemeeting", "ja": "会議でそのまま使える文"}[language]
        assert second.startswith(title)
        assert document.first.colophon.split(" ")[0] in pdf.pages[0].extract_text()


def test_hostile_text_is_text_and_nothing_is_loaded_from_elsewhere(made):
    page = made["en"][1]
    tags = Tags(page)
    assert not {"script", "iframe", "object", "link", "form"} & set(tags.seen)
    assert "<b>Ada" not in page
    assert HOSTILE.split("\u202e")[0] in tags.said  # shown, in full, as text
    assert "\u27e8U+202E\u27e9" in tags.said
    assert not {"\u202e", "\u200b", "\x07"} & set(page)
    sources = [value for name, value in tags.attributes if name in ("src", "href")]
    assert sources
    assert all(value.startswith(("data:image/", "#")) for value in sources)
    assert not [name for name, _ in tags.attributes if name.startswith("on") or name == "style"]


def test_the_policy_of_the_page_allows_its_own_style_only(made):
    for language in ("en", "ja"):
        page = made[language][1]
        policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page).group(1)
        style = re.search(r"<style>(.*?)</style>", page, re.DOTALL).group(1)
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        assert policy.startswith("default-src 'none'")
        assert f"style-src 'sha256-{digest}'" in policy
        assert "script-src" not in policy
        assert page.index("Content-Security-Policy") < page.index("<style>")


def test_the_page_carries_a_glyph_for_every_japanese_sign_it_shows(made):
    page = made["ja"][1]
    font = re.search(r"data:font/woff;base64,([A-Za-z0-9+/=]+)", page).group(1)
    have = set(TTFont(io.BytesIO(base64.b64decode(font))).getBestCmap())
    shown = {ord(sign) for sign in Tags(page).said if ord(sign) >= 0x2E80}
    assert len(shown) > 200
    assert shown <= have
    assert "data:font" not in made["en"][1]


def test_pdf_typefaces_are_embedded_and_japanese_has_its_own(made):
    names = {}
    for language in ("en", "ja"):
        found = set()
        for page in made[language][2].pages:
            for font in page["/Resources"]["/Font"].values():
                inner = font.get_object()["/DescendantFonts"][0].get_object()
                assert "/FontFile2" in inner["/FontDescriptor"].get_object()
                found.add(inner["/BaseFont"].split("+")[-1])
        names[language] = found
    assert any("IPAexGothic" in name for name in names["ja"])
    assert any("DejaVu" in name for name in names["en"])


def test_slides_have_editable_tables_titles_alternative_texts_and_notes(made):
    document, _, _, deck = made["ja"]
    shapes = [shape for slide in deck.slides for shape in slide.shapes]
    assert all(slide.shapes.title.text_frame.text for slide in deck.slides)
    pictures = [shape for shape in shapes if shape.shape_type == 13]
    assert len(pictures) >= 4
    for picture in pictures:
        assert picture._element.nvPicPr.cNvPr.get("descr")
        assert picture.image.size[0] >= 1500
    assert any(shape.has_table for shape in shapes)
    notes = deck.slides[0].notes_slide.notes_text_frame.text
    assert all(sentence in notes for sentence in document.sentences)


def test_a_chain_brings_three_panels_the_figures_after_and_the_audit(chain_facts):
    document = build_document(chain_facts, "en", STYLE)
    first = document.first
    assert first.word == "REMOVED"
    assert [row[0] for row in first.stages.rows] == [
        "inspection", "removal", "re-inspection", "audit",
    ]  # fmt: skip
    assert [row[1] for row in first.stages.rows][1] == "CLEANED"
    titles = [panel.title for panel in first.pictures[0].chart.panels]
    assert [t.partition(" (")[0] for t in titles] == ["clean reference", "suspect", "unlearned"]
    names = [mark.name for mark in first.pictures[2].chart.panels[0].marks]
    assert names == ["suspect", "unlearned", "clean reference"]
    assert {"removal", "audit"} <= {section.key for section in document.sections}
    assert "no audit" not in " ".join(first.not_tested)
    assert any("succeeds in 16 %" in sentence for sentence in document.sentences)


def test_a_clean_answer_says_what_it_does_not_prove(tmp_path):
    from report_runs import inspection

    from analysis.report.document.chain import follow
    from analysis.report.document.facts import facts_of
    from analysis.runs.store import RunStore

    for data, word in (("not_found", "does not prove"), ("found", "did not take it")):
        run_id = inspection(tmp_path, "not_found", data, maps=False)
        found = facts_of(follow(RunStore(tmp_path).open(run_id)))
        document = build_document(found, "en", STYLE)
        assert document.first.word == "NOT FOUND"
        assert document.first.tone == "good"
        assert word in document.first.sentence
        page = html_bytes(document, Pictures(STYLE), "light").decode()
        assert "The run stored no maps." in page  # a gap is never silent


def test_hidden_characters_are_written_out():
    assert visible("a\u200bb\u202ec\x00d\ud800e\tf\n") == (
        "a\u27e8U+200B\u27e9b\u27e8U+202E\u27e9c\u27e8U+0000\u27e9d\u27e8U+D800\u27e9e\tf\n"
    )
    assert one_line("x  y\n z", 4) == "x y…"


def test_latin_pages_need_no_typeface_and_japanese_ones_a_small_part():
    assert embedded_subset("plain – ASCII … é") == ""
    part = base64.b64decode(embedded_subset("検査"))
    assert 0 < len(part) < 10_000
    assert set(TTFont(io.BytesIO(part)).getBestCmap()) == {ord("検"), ord("査")}


def test_japanese_lines_fit_keep_words_whole_and_never_begin_with_a_full_stop():
    text = "モデルにバックドアが見つかりました。トリガーは Exception です。"
    lines = wrap(text, 8, len).split("\n")
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(line[0] not in "。、ー" for line in lines)
    assert any("Exception" in line for line in lines)
    assert all(len(line) <= 9 for line in lines)  # a glued sign may stand one beyond


def test_a_removal_says_how_much_each_layer_changed(chain_facts):
    document = build_document(chain_facts, "en", STYLE)
    removal = next(s for s in document.sections if s.key == "removal")
    grids = [b for b in removal.blocks if isinstance(b, Grid)]
    changed = next(g for g in grids if "share changed" in g.header)
    # 100 weights all changed and 300 half: 250 of 400; lengths 3 and 4 make 5
    assert changed.rows == (
        ("layer 1", "400", "0.625", "5", "0.4"),
        ("layer 2", "50", "0", "0", "0"),
    )
