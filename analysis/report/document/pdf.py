"""A report as PDF with its typefaces embedded as subsets."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from analysis.report.charts.marks import Missing
from analysis.report.document.blocks import Block, Bullets, Code, Document, Grid, Paragraph, Picture
from analysis.report.document.paper import MARGIN, Paper, rgb
from analysis.report.document.pictures import Pictures
from analysis.report.palette import ANSWER_COLOURS, theme
from analysis.report.text import Words, words_of

_TONES = {
    "bad": ANSWER_COLOURS["found"],
    "good": ANSWER_COLOURS["not_found"],
    "caution": ANSWER_COLOURS["inconclusive"],
    "neutral": "#8A8F98",
}
LOW = 3.0  # width over height of a row of three maps
LEAST = 0.4  # of the charts' usual size; smaller ones cannot be read
_SCALE = 2.2  # pixels of a picture per pixel of a chart: about 210 per inch on paper


def pdf_bytes(document: Document, pictures: Pictures, theme_name: str) -> bytes:
    """The whole report, A4 upright."""
    paper = Paper(document, theme(theme_name))
    words = words_of(document.language)
    _page_one(paper, document, pictures, words, _fitting(document, pictures, theme_name, words))
    paper.add_page()
    paper.heading(words("report.sentences"))
    paper.note(words("report.sentences_lead"))
    paper.bullets(document.sentences)
    for section in document.sections:
        paper.heading(section.title)
        for block, after in zip(section.blocks, (*section.blocks[1:], None), strict=True):
            if (
                isinstance(block, Paragraph)
                and isinstance(after, Grid)
                and paper.will_page_break(24)
            ):
                paper.add_page()  # no table without the line above it
            _block(paper, block, pictures, words)
    buffer = io.BytesIO()
    paper.output(buffer)
    return buffer.getvalue()


class _Trial(Paper):
    """Paper that is only measured: pictures take their room and are not drawn."""

    def image(self, *_data: Any, **place: Any) -> Any:
        """Move on as below a picture that stands in the running text."""
        if place.get("y") is None:
            self.set_y(self.get_y() + float(place["h"]))


def _fitting(document: Document, pictures: Pictures, theme_name: str, words: Words) -> float:
    """The size of page 1's charts that keeps it on one sheet, however long its lists are."""
    trial, ends = _Trial(document, theme(theme_name)), []
    trial.set_auto_page_break(False)
    for share in (LEAST, 2 * LEAST):  # what stands above and below them does not change
        _page_one(trial, document, pictures, words, share)
        ends.append(trial.get_y())
        trial.add_page()
    room = trial.h - MARGIN - ends[0]
    if ends[1] <= ends[0]:  # no chart was drawn
        return 1.0
    return min(1.0, max(LEAST, LEAST * (1 + room / (ends[1] - ends[0]))))


def _page_one(
    paper: Paper, document: Document, pictures: Pictures, words: Words, share: float
) -> None:
    """Draw it; `share` of the charts' usual size."""
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
    _charts(paper, first.pictures, pictures, share)
    paper.subtitle(words("page.stages_title"))
    paper.grid(first.stages, 6.5)
    paper.subtitle(words("page.compared_title"))
    paper.grid(first.compared, 6.5)
    paper.face(7, chosen.muted)
    paper.lines(f"{first.colophon} {pictures.note(words)}", 3.4)


def _verdict(paper: Paper, document: Document) -> None:
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
    paper.face(8.5, paper.chosen.text)
    for line in first.approval:
        paper.lines(line, 4.4)
    paper.set_left_margin(MARGIN)
    paper.set_fill_color(*rgb(_TONES[first.tone]))
    paper.rect(MARGIN, top, 2, paper.get_y() - top, style="F")
    paper.set_x(MARGIN)


def _beside(paper: Paper, *lists: tuple[str, Sequence[str]]) -> None:
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


def _charts(paper: Paper, shown: Sequence[Picture], pictures: Pictures, share: float) -> None:
    """The map over the whole width, the other two side by side; `share` of the usual size.

    Three maps beside each other are low: they get room from the two charts below.
    """
    words = words_of(paper.language)
    first = shown[0].chart
    low = not isinstance(first, Missing) and first.width > LOW * first.height
    _picture(paper, shown[0], pictures, words, paper.epw * min(1.0, (1.13 if low else 0.9) * share))
    share *= 0.8 if low else 1.0
    half = (paper.epw - 4) / 2
    drawn = [p.chart for p in shown[1:] if not isinstance(p.chart, Missing)]
    for picture in shown[1:]:
        if isinstance(picture.chart, Missing):
            _picture(paper, picture, pictures, words, half)
    if not drawn:
        return
    wide = half * share
    height = max(wide * chart.height / chart.width for chart in drawn)
    if paper.will_page_break(height + 6):
        paper.add_page()
    top = paper.get_y() + 1
    for index, chart in enumerate(drawn):
        x = MARGIN + index * (half + 4)
        paper.set_xy(x, top)
        paper.face(7.5, paper.chosen.muted)
        paper.cell(half, 4, paper.clean(chart.title))
        data = io.BytesIO(pictures.draw(chart, "png", _SCALE))
        tall = wide * chart.height / chart.width
        paper.image(data, x=x, y=top + 4.5, w=wide, h=tall, alt_text=chart.alt)
    paper.set_xy(MARGIN, top + height + 6)


def _block(paper: Paper, block: Block, pictures: Pictures, words: Words) -> None:
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
    paper: Paper, picture: Picture, pictures: Pictures, words: Words, width: float
) -> None:
    chart = picture.chart
    if isinstance(chart, Missing):
        paper.note(words("report.missing_chart", title=chart.title, reason=chart.reason))
        return
    # Charts are drawn for a page of 920 pixels; narrower ones stay smaller on paper too.
    wide = width * min(chart.width / 900, 1.0)
    if paper.will_page_break(wide * chart.height / chart.width + 7):  # its caption goes with it
        paper.add_page()
    paper.face(7.5, paper.chosen.muted)
    paper.lines(picture.caption or chart.title, 4)
    paper.picture(pictures.draw(chart, "png", _SCALE), chart.height / chart.width, wide, chart.alt)
