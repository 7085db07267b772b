"""A4 pages in the house style: typefaces, running text, lists, code, tables, pictures."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from fpdf import FPDF
from fpdf.fonts import FontFace

from analysis.report.document.blocks import Document, Grid
from analysis.report.document.fonts import covered, is_wide, japanese_font, latin_font
from analysis.report.document.wrap import wrap
from analysis.report.palette import Theme

MARGIN = 13.0  # millimetres


class Paper(FPDF):
    """A4 pages in the house style."""

    def __init__(self, document: Document, chosen: Theme) -> None:
        super().__init__(orientation="portrait", unit="mm", format="A4")
        self.chosen = chosen
        self.language = document.language
        self.set_margin(MARGIN)
        self.set_auto_page_break(True, MARGIN)
        self.set_title(document.title)
        self.set_lang(document.language)
        self.set_creator("Kenshin")
        self._faces(document.language)
        if chosen.name == "dark":
            self.set_page_background(rgb(chosen.paper))
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
        self.set_text_color(*rgb(colour))

    def lines(self, text: str, height: float) -> None:
        """Running text over the whole width."""
        kept = self.clean(text)
        if is_wide(kept):  # fpdf breaks at spaces, which Japanese does not have
            kept = wrap(kept, self.epw - 2 * self.c_margin - 0.5, self.get_string_width)
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
        self.set_fill_color(*rgb(self.chosen.low))
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
        self.set_draw_color(*rgb(self.chosen.grid))
        self.set_fill_color(*rgb(self.chosen.paper))
        columns = len(grid.rows[0])
        faces = [FontFace(family="code") if c in grid.code else None for c in range(columns)]
        with self.table(
            col_widths=list(grid.weights or [1.0] * columns),
            text_align="LEFT",
            borders_layout="HORIZONTAL_LINES",
            line_height=size * 0.47,
            padding=(0.7, 1.2, 0.7, 0),
            first_row_as_headings=bool(grid.header),
            headings_style=FontFace(emphasis="BOLD", color=rgb(self.chosen.muted)),
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


def rgb(colour: str) -> tuple[Any, ...]:
    """Red, green and blue, 0 to 255, of "#rrggbb"."""
    return tuple(int(colour[place : place + 2], 16) for place in (1, 3, 5))
