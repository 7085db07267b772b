"""A report as slides: text that can be edited, charts as sharp pictures, sentences as notes."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from typing import Any

from pptx import Presentation
from pptx.dml.color import RGBColor
from pptx.util import Emu, Inches, Pt

from analysis.report.charts.marks import Chart, Missing
from analysis.report.document.blocks import Bullets, Document, Grid, Paragraph, Picture, Section
from analysis.report.document.html import SIGNS
from analysis.report.document.pictures import Pictures
from analysis.report.palette import ANSWER_COLOURS, Theme, theme
from analysis.report.text import Words, words_of

WIDTH, HEIGHT, EDGE = Inches(13.333), Inches(7.5), Inches(0.55)
_SCALE = 2.5  # pixels of a picture per pixel of a chart: sharp on a 4K projector
_SHOWN = ("policy", "cost", "provenance", "evidence", "removal", "audit", "training", "glossary")
_ROWS, _CELL, _LISTED = 11, 90, 6  # what a slide can hold and a room can read
_TONES = {
    "bad": ANSWER_COLOURS["found"],
    "good": ANSWER_COLOURS["not_found"],
    "caution": ANSWER_COLOURS["inconclusive"],
    "neutral": "#8A8F98",
}
_EAST_ASIAN = "Yu Gothic"  # named only: slides cannot carry a typeface; pictures have theirs drawn
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def pptx_bytes(document: Document, pictures: Pictures, theme_name: str) -> bytes:
    """The whole report as a 16:9 presentation."""
    words = words_of(document.language)
    deck = _Deck(document, theme(theme_name))
    _verdict(deck, document, words)
    for picture in document.first.pictures:
        _picture(deck, picture, pictures, words)
    _compared(deck, document, words)
    deck.list(words("report.sentences"), document.sentences)
    for section in document.sections:
        if section.key in _SHOWN:
            _section(deck, section, pictures, words)
    return deck.saved()


class _Deck:
    """Slides in the house style."""

    def __init__(self, document: Document, chosen: Theme) -> None:
        self.chosen = chosen
        self.language = document.language
        self.deck: Any = Presentation()
        self.deck.slide_width, self.deck.slide_height = WIDTH, HEIGHT
        self.deck.core_properties.title = _clean(document.title)
        self.deck.core_properties.author = "Kenshin"
        self.wide = WIDTH - 2 * EDGE

    def saved(self) -> bytes:
        """The file."""
        buffer = io.BytesIO()
        self.deck.save(buffer)
        return buffer.getvalue()

    def slide(self, title: str, size: float = 24) -> Any:
        """A new slide with a title placeholder, which outlines and screen readers use."""
        slide = self.deck.slides.add_slide(self.deck.slide_layouts[5])
        slide.background.fill.solid()
        slide.background.fill.fore_color.rgb = _rgb(self.chosen.paper)
        box = slide.shapes.title
        box.left, box.top, box.width, box.height = EDGE, Inches(0.3), self.wide, Inches(0.7)
        self.fill(box.text_frame, [(title, size, self.chosen.text, True)])
        return slide

    def fill(self, frame: Any, lines: Sequence[tuple[str, float, str, bool]]) -> None:
        """Put lines (text, points, colour, bold) into a text frame."""
        frame.word_wrap = True
        for index, (text, size, colour, bold) in enumerate(lines):
            paragraph = frame.paragraphs[0] if index == 0 else frame.add_paragraph()
            paragraph.alignment = 1
            run = paragraph.add_run()
            run.text = _clean(text)
            run.font.size, run.font.bold = Pt(size), bold
            run.font.color.rgb = _rgb(colour)
            self._language(run)

    def _language(self, run: Any) -> None:
        if self.language != "ja":
            return
        properties = run._r.get_or_add_rPr()
        properties.set("lang", "ja-JP")
        east = properties.makeelement(
            "{http://schemas.openxmlformats.org/drawingml/2006/main}ea", {"typeface": _EAST_ASIAN}
        )
        properties.append(east)

    def text(self, slide: Any, place: tuple[int, int, int, int], lines: Sequence[Any]) -> None:
        """A text box at (left, top, width, height)."""
        self.fill(slide.shapes.add_textbox(*place).text_frame, lines)

    def list(self, title: str, items: Sequence[str]) -> None:
        """A slide with points."""
        slide = self.slide(title)
        size = 18 if len(items) <= 6 else 14
        lines = [(f"• {item}", size, self.chosen.text, False) for item in items]
        self.text(slide, (EDGE, Inches(1.2), self.wide, HEIGHT - Inches(1.6)), lines)

    def grid(self, slide: Any, grid: Grid, top: int, size: float = 12) -> None:
        """An editable table; long ones are cut, the documents have the rest."""
        rows = ([grid.header] if grid.header else []) + list(grid.rows[:_ROWS])
        columns = len(rows[0])
        shape = slide.shapes.add_table(
            len(rows), columns, EDGE, top, self.wide, Inches(0.32) * len(rows)
        )
        table = shape.table
        table.first_row = bool(grid.header)
        weights = grid.weights or (1.0,) * columns
        for index, weight in enumerate(weights):
            table.columns[index].width = Emu(int(self.wide * weight / sum(weights)))
        for r, row in enumerate(rows):
            head = r == 0 and bool(grid.header)
            for c, text in enumerate(row):
                cell = table.cell(r, c)
                cell.margin_top = cell.margin_bottom = Inches(0.03)
                cell.fill.solid()
                cell.fill.fore_color.rgb = _rgb(self.chosen.grid if head else self.chosen.paper)
                short = text if len(text) <= _CELL else text[: _CELL - 1] + "…"
                self.fill(cell.text_frame, [(short, size, self.chosen.text, head)])

    def picture(self, slide: Any, chart: Chart, data: bytes) -> None:
        """A chart as large as the slide allows, with its words for screen readers."""
        room = HEIGHT - Inches(1.5)
        wide = min(self.wide, int(room * chart.width / chart.height))
        tall = int(wide * chart.height / chart.width)
        left = int((WIDTH - wide) / 2)
        shape = slide.shapes.add_picture(io.BytesIO(data), left, Inches(1.15), wide, tall)
        shape._element.nvPicPr.cNvPr.set("descr", _clean(chart.alt))


def _verdict(deck: _Deck, document: Document, words: Words) -> None:
    first, chosen = document.first, deck.chosen
    slide = deck.slide(document.title, 22)
    tone = _TONES[first.tone]
    # A long approval above the lists takes room from the verdict, never from the lists.
    share = 1.0 if sum(map(len, first.approval)) < 120 else 0.75
    deck.text(
        slide,
        (EDGE, Inches(1.05), deck.wide, Inches(2.1)),
        [
            (f"{SIGNS[first.tone]} {first.word}", 40 * share, tone, True),
            (first.sentence, 22 * share, chosen.text, False),
            (first.confidence, 12, chosen.muted, False),
            *((line, 12, chosen.text, False) for line in first.approval),
        ],
    )
    half = int(deck.wide / 2) - Inches(0.15)
    for index, (title, items) in enumerate(
        (
            (words("page.action_title"), first.action),
            (words("page.not_tested_title"), first.not_tested),
        )
    ):
        left = EDGE + index * (half + Inches(0.3))
        lines = [(title, 17, chosen.text, True)]
        listed = [f"• {item}" for item in items[:_LISTED]]
        if len(items) > _LISTED:
            listed.append(words("page.more", n=len(items) - _LISTED))
        lines += [(item, 15, chosen.text, False) for item in listed]
        deck.text(slide, (left, Inches(3.4), half, Inches(3.0)), lines)
    place = (EDGE, HEIGHT - Inches(0.75), deck.wide, Inches(0.5))
    deck.text(slide, place, [(first.colophon, 10, chosen.muted, False)])
    slide.notes_slide.notes_text_frame.text = _clean("\n".join(document.sentences))


def _compared(deck: _Deck, document: Document, words: Words) -> None:
    slide = deck.slide(words("page.compared_title"))
    deck.grid(slide, document.first.stages, Inches(1.15))
    top = Inches(1.4) + Inches(0.34) * (len(document.first.stages.rows) + 1)
    deck.grid(slide, document.first.compared, top)


def _section(deck: _Deck, section: Section, pictures: Pictures, words: Words) -> None:
    """A picture per slide, a table per slide under the words before it, lists as they come."""
    said: list[str] = []
    for block in section.blocks:
        if isinstance(block, Picture):
            _picture(deck, block, pictures, words)
        elif isinstance(block, Paragraph):
            said.append(block.text)
        elif isinstance(block, Bullets) and block.items:
            deck.list(_title(section, said), block.items)
            said = []
        elif isinstance(block, Grid) and block.rows:
            slide = deck.slide(section.title)
            lead = [(text, 13, deck.chosen.muted, False) for text in said[-2:]]
            if said:
                deck.text(slide, (EDGE, Inches(0.95), deck.wide, Inches(0.6)), lead)
            deck.grid(slide, block, Inches(1.7))
            said = []


def _title(section: Section, said: Sequence[str]) -> str:
    return f"{section.title}: {said[-1]}" if said and len(said[-1]) < 60 else section.title


def _picture(deck: _Deck, picture: Picture, pictures: Pictures, words: Words) -> None:
    chart = picture.chart
    if isinstance(chart, Missing):
        slide = deck.slide(chart.title)
        text = words("report.missing_chart", title=chart.title, reason=chart.reason)
        place = (EDGE, Inches(1.2), deck.wide, Inches(1.2))
        deck.text(slide, place, [(text, 16, deck.chosen.muted, False)])
        return
    slide = deck.slide(picture.caption or chart.title, 20)
    deck.picture(slide, chart, pictures.draw(chart, "png", _SCALE))


def _clean(text: str) -> str:
    """`text` without signs that XML cannot hold, each written out."""
    return _NOT_XML.sub(lambda found: f"\u27e8U+{ord(found.group()):04X}\u27e9", text)


def _rgb(colour: str) -> RGBColor:
    return RGBColor.from_string(colour.removeprefix("#").upper())
