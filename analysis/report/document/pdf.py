"""A report as PDF with its typefaces embedded as subsets."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from fpdf import FPDF
from fpdf.fonts import FontFace

from analysis.report.charts.marks import Missing
from analysis.report.document.blocks import Block, Bullets, Code, Document, Grid, Paragraph, Picture
from analysis.report.document.fonts import covered, is_wide, japanese_font, latin_font
from analysis.report.document.pictures import Pictures
from analysis.report.document.wrap import wrap
from analysis.report.palette import ANSWER_COLOURS, Theme, theme
from analysis.report.text import Words, words_of

MARGIN = 13.0  # millimetres
_TONES = {
    "bad": ANSWER_COLOURS["found"],
    "good": ANSWER_COLOURS["not_found"],
    "caution": ANSWER_COLOURS["inconclusive"],
    "neutral": "#8A8F98",
}
_SCALE = 2.2  # pixels of a picture per pixel of a chart: about 210 per inch on paper


def pdf_bytes(document: Document, pictures: Pictures, theme_name: str) -> bytes:
    """The whole report, A4 upright."""
    paper = _Paper(document, theme(theme_name))
    words = words_of(document.language)
    _page_one(paper, document, pictures, words)
    paper.heading(words("report.sentences"))
    paper.note(words("report.sentences_lead"))
    paper.bullets(document.sentences)
    for section in document.sections:
        paper.heading(section.title)
        for block in section.blocks:
            _block(paper, block, pictures, words)
    buffer = io.BytesIO()
    paper.output(buffer)
    return buffer.getvalue()


class _Paper(FPDF):
    """A4 pages in the house style."""

    def __init__(self, document: Document, chosen: Theme) -> None:
        super().__init__(orientation="portrait", unit="mm", format="A4")
        self.chosen = chosen
        self.set_margin(MARGIN)
        self.set_auto_page_break(True, MARGIN)
        self.set_title(document.title)
        self.set_lang(document.language)
        self.set_creator("Kenshin")
        self._faces(document.language)
        if chosen.name == "dark":
            self.set_page_background(_rgb(chosen.paper))
        self.add_page()

    def _faces(self, language: str) -> None:
        """House face "text", code face "code", and for each other's signs a fallback."""
        wide, latin, bold = japanese_font(), latin_font(), latin_font("DejaVuSans-Bold")
        regular, strong = (wide, wide) if language == "ja" else (latin, bold)
        self.add_font("text", "", regular)
        self.add_font("text", "B", strong)
        self.add_font("code", "", latin_font("DejaVuSansMono"))
        self.add_font("other", "", latin if language == "ja" else wide)
        self.add_font("other", "B", bold if language == "ja" else wide)
        self.set_fallback_fonts(["other"], exact_match=False)
        self._known = covered(wide) | covered(latin)
        self._fixed = covered(latin_font("DejaVuSansMono"))

    def clean(self, text: str) -> str:
        """`text` with signs that no embedded face has written out as their code point."""
        return "".join(
            sign if ord(sign) in self._known or sign in "\n\t" else f"\u27e8U+{ord(sign):04X}\u27e9"
            for sign in text
        )

    def _is_code(self, text: str) -> bool:
        """Whether the fixed-width face has every sign; fallbacks do not work for it in tables."""
        return all(ord(sign) in self._fixed for sign in text)

    def face(self, size: float, colour: str, style: str = "", family: str = "text") -> None:
        """Choose size in points, colour, weight and face of what follows."""
        self.set_font(family, style, size)
        self.set_text_color(*_rgb(colour))

    def lines(self, text: str, height: float) -> None:
        """Running text over the whole width."""
        kept = self.clean(text)
        if is_wide(kept):  # fpdf breaks at spaces, which Japanese does not have
            kept = wrap(kept, self.epw - 1.5, self.get_string_width)
        self.multi_cell(0, height, kept, align="L", new_x="LMARGIN", new_y="NEXT")

    def heading(self, text: str, size: float = 12.0) -> None:
        """A title with room for at least a few lines under it."""
        if self.will_page_break(28):
            self.add_page()
        self.ln(3)
        self.face(size, self.chosen.text, "B")
        self.lines(text, size * 0.48)
        self.ln(1)

    def subtitle(self, text: str) -> None:
        """A small title inside page 1."""
        self.face(9, self.chosen.text, "B")
        self.lines(text, 4.6)

    def body(self, text: str, size: float = 9.0) -> None:
        """A paragraph."""
        self.face(size, self.chosen.text)
        self.lines(text, size * 0.5)
        self.ln(0.8)

    def note(self, text: str) -> None:
        """A quieter paragraph."""
        self.face(8, self.chosen.muted)
        self.lines(text, 4)
        self.ln(0.8)

    def bullets(self, items: Sequence[str], size: float = 9.0) -> None:
        """A list."""
        self.face(size, self.chosen.text)
        for item in items:
            left = self.l_margin
            self.cell(4, size * 0.5, "•")
            self.set_left_margin(left + 4)
            self.lines(item, size * 0.5)
            self.set_left_margin(left)
            self.set_x(left)
            self.ln(0.6)

    def code(self, text: str) -> None:
        """Source text; long lines are wrapped."""
        self.face(7, self.chosen.text, family="code")
        self.set_fill_color(*_rgb(self.chosen.low))
        for line in self.clean(text).expandtabs(4).split("\n"):
            kept = line or " "
            self.set_font("code" if self._is_code(line) else "text")
            self.multi_cell(0, 3.4, kept, align="L", fill=True, new_x="LMARGIN", new_y="NEXT")
        self.ln(1.5)

    def grid(self, grid: Grid, size: float = 7.5) -> None:
        """A table whose header comes again on each page."""
        if not grid.rows:
            return
        self.face(size, self.chosen.text)
        self.set_draw_color(*_rgb(self.chosen.grid))
        self.set_fill_color(*_rgb(self.chosen.paper))
        columns = len(grid.rows[0])
        faces = [FontFace(family="code") if c in grid.code else None for c in range(columns)]
        with self.table(
            col_widths=list(grid.weights or [1.0] * columns),
            text_align="LEFT",
            borders_layout="HORIZONTAL_LINES",
            line_height=size * 0.47,
            padding=(0.7, 1.2, 0.7, 0),
            first_row_as_headings=bool(grid.header),
            headings_style=FontFace(emphasis="BOLD", color=_rgb(self.chosen.muted)),
            wrapmode="CHAR" if _has_long_words(grid) else "WORD",
        ) as table:
            for cells in ([grid.header] if grid.header else []) + list(grid.rows):
                row = table.row()
                for cell, face in zip(cells, faces, strict=True):
                    fixed = cells is not grid.header and self._is_code(cell)
                    row.cell(self.clean(cell), style=face if fixed else None)
        self.ln(1.5)

    def picture(self, data: bytes, ratio: float, width: float, alt: str) -> None:
        """A picture of `width` millimetres at the left margin; `ratio` is height over width."""
        if self.will_page_break(width * ratio + 2):
            self.add_page()
        self.image(io.BytesIO(data), x=self.l_margin, w=width, h=width * ratio, alt_text=alt)
        self.ln(1)


def _has_long_words(grid: Grid) -> bool:
    """Whether a cell holds a word that only breaking inside it can fit, such as a hash."""
    return any(len(word) > 24 for row in grid.rows for cell in row for word in cell.split())


def _page_one(paper: _Paper, document: Document, pictures: Pictures, words: Words) -> None:
    first, chosen = document.first, paper.chosen
    paper.face(15, chosen.text, "B")
    paper.lines(document.title, 7)
    paper.face(8, chosen.muted)
    paper.lines(document.subtitle, 4)
    _verdict(paper, document)
    _beside(
        paper,
        (words("page.action_title"), first.action),
        (words("page.not_tested_title"), first.not_tested),
    )
    _charts(paper, first.pictures, pictures, words)
    paper.subtitle(words("page.stages_title"))
    paper.grid(first.stages, 6.5)
    paper.subtitle(words("page.compared_title"))
    paper.grid(first.compared, 6.5)
    paper.face(7, chosen.muted)
    paper.lines(f"{first.colophon} {pictures.note(words)}", 3.4)
    paper.add_page()


def _verdict(paper: _Paper, document: Document) -> None:
    first = document.first
    paper.ln(2)
    top = paper.get_y()
    paper.set_left_margin(MARGIN + 5)
    paper.set_x(MARGIN + 5)
    paper.face(18, _TONES[first.tone], "B")
    paper.lines(first.word, 9)
    paper.face(10.5, paper.chosen.text)
    paper.lines(first.sentence, 5.3)
    paper.face(8, paper.chosen.muted)
    paper.lines(first.confidence, 4.4)
    paper.set_left_margin(MARGIN)
    paper.set_fill_color(*_rgb(_TONES[first.tone]))
    paper.rect(MARGIN, top, 2, paper.get_y() - top, style="F")
    paper.set_x(MARGIN)


def _beside(paper: _Paper, *lists: tuple[str, Sequence[str]]) -> None:
    """Lists side by side."""
    paper.ln(2)
    top, lowest = paper.get_y(), paper.get_y()
    width = (paper.epw - 6) / len(lists)
    for index, (title, items) in enumerate(lists):
        left = MARGIN + index * (width + 6)
        paper.set_left_margin(left)
        paper.set_right_margin(paper.w - left - width)
        paper.set_xy(left, top)
        paper.face(10, paper.chosen.text, "B")
        paper.lines(title, 5)
        paper.bullets(items, 8)
        lowest = max(lowest, paper.get_y())
    paper.set_left_margin(MARGIN)
    paper.set_right_margin(MARGIN)
    paper.set_xy(MARGIN, lowest + 1)


def _charts(paper: _Paper, shown: Sequence[Picture], pictures: Pictures, words: Words) -> None:
    """The map over the whole width, the other two side by side."""
    _picture(paper, shown[0], pictures, words, paper.epw * 0.9)
    half = (paper.epw - 4) / 2
    drawn = [p.chart for p in shown[1:] if not isinstance(p.chart, Missing)]
    for picture in shown[1:]:
        if isinstance(picture.chart, Missing):
            _picture(paper, picture, pictures, words, half)
    if not drawn:
        return
    height = max(half * chart.height / chart.width for chart in drawn)
    if paper.will_page_break(height + 6):
        paper.add_page()
    top = paper.get_y() + 1
    for index, chart in enumerate(drawn):
        x = MARGIN + index * (half + 4)
        paper.set_xy(x, top)
        paper.face(7.5, paper.chosen.muted)
        paper.cell(half, 4, paper.clean(chart.title))
        data = io.BytesIO(pictures.draw(chart, "png", _SCALE))
        tall = half * chart.height / chart.width
        paper.image(data, x=x, y=top + 4.5, w=half, h=tall, alt_text=chart.alt)
    paper.set_xy(MARGIN, top + height + 6)


def _block(paper: _Paper, block: Block, pictures: Pictures, words: Words) -> None:
    if isinstance(block, Paragraph):
        (paper.note if block.muted else paper.body)(block.text)
    elif isinstance(block, Bullets):
        paper.bullets(block.items)
    elif isinstance(block, Code):
        paper.code(block.text)
    elif isinstance(block, Grid):
        paper.grid(block)
    else:
        _picture(paper, block, pictures, words, paper.epw)


def _picture(
    paper: _Paper, picture: Picture, pictures: Pictures, words: Words, width: float
) -> None:
    chart = picture.chart
    if isinstance(chart, Missing):
        paper.note(words("report.missing_chart", title=chart.title, reason=chart.reason))
        return
    paper.face(7.5, paper.chosen.muted)
    paper.lines(picture.caption or chart.title, 4)
    # Charts are drawn for a page of 920 pixels; narrower ones stay smaller on paper too.
    wide = width * min(chart.width / 900, 1.0)
    paper.picture(pictures.draw(chart, "png", _SCALE), chart.height / chart.width, wide, chart.alt)


def _rgb(colour: str) -> tuple[Any, ...]:
    return tuple(int(colour[place : place + 2], 16) for place in (1, 3, 5))
