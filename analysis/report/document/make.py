"""From a run and a request to files in memory, all or none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from analysis.report.charts.marks import Chart
from analysis.report.document.blocks import Document, Picture
from analysis.report.document.build import Style, build_document, moment_now
from analysis.report.document.chain import follow
from analysis.report.document.facts import Facts, facts_of
from analysis.report.document.html import html_bytes
from analysis.report.document.pictures import Format, Pictures
from analysis.report.document.request import ReportRequest
from analysis.report.document.tables import chosen_rows, csv_bytes, parquet_bytes
from analysis.runs.run import Run

DOCUMENTS = ("html", "pdf", "pptx")
Watch = Callable[[str], None]  # told what is being made


def make_files(run: Run, request: ReportRequest, watch: Watch = lambda _: None) -> dict[str, bytes]:
    """Every wished file, name -> content.

    Args:
        run: any run that has ended; its chain is followed.
        request: what is wished.
        watch: told the name of each file before it is made.

    Raises:
        RequestError: the run still runs, a table was removed, or a wish does not fit the run.
    """
    facts = facts_of(follow(run))
    style = replace(request.style, when=request.style.when or moment_now())
    request = replace(request, style=style)
    found: dict[str, bytes] = {}
    for language in request.languages:
        if {*DOCUMENTS, "png", "svg"} & set(request.formats):
            found |= _in_language(facts, request, language, watch)
    found |= _tables(facts, request, watch)
    return found


def _in_language(
    facts: Facts, request: ReportRequest, language: str, watch: Watch
) -> dict[str, bytes]:
    style = request.style
    document = build_document(facts, language, style)
    pages = Pictures(replace(style, width=None, height=None))
    found: dict[str, bytes] = {}
    for name in DOCUMENTS:
        if name in request.formats:
            file = f"report-{language}.{name}"
            watch(file)
            found[file] = _WRITERS[name](document, pages, style.theme)
    sized = Pictures(style)
    formats: tuple[Format, ...] = ("png", "svg")
    for kind in formats:
        for chart in charts_of(document) if kind in request.formats else ():
            file = f"chart-{chart.name}-{language}.{kind}"
            watch(file)
            found[file] = sized.draw(chart, kind, 1.0 if style.width else 2.0)
    return found


def charts_of(document: Document) -> Iterator[Chart]:
    """Every chart of a document that could be drawn."""
    blocks = [*document.first.pictures, *(b for s in document.sections for b in s.blocks)]
    for block in blocks:
        if isinstance(block, Picture) and isinstance(block.chart, Chart):
            yield block.chart


def _tables(facts: Facts, request: ReportRequest, watch: Watch) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for name, write in (("csv", csv_bytes), ("parquet", parquet_bytes)):
        if name in request.formats:
            watch(f"samples.{name}")
            found[f"samples.{name}"] = write(chosen_rows(facts, request.rows))
    return found


def _pdf(document: Document, pictures: Pictures, theme: str) -> bytes:
    from analysis.report.document.pdf import pdf_bytes  # fpdf is only loaded where it is needed

    return pdf_bytes(document, pictures, theme)


def _pptx(document: Document, pictures: Pictures, theme: str) -> bytes:
    from analysis.report.document.pptx import pptx_bytes

    return pptx_bytes(document, pictures, theme)


_WRITERS: dict[str, Callable[[Document, Pictures, str], bytes]] = {
    "html": html_bytes,
    "pdf": _pdf,
    "pptx": _pptx,
}
