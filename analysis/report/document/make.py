"""From a run and a request to files in memory, all or none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from analysis.report.charts.marks import Chart
from analysis.report.document.archive import archive_bytes
from analysis.report.document.blocks import Document, Picture
from analysis.report.document.build import build_document, moment_now
from analysis.report.document.chain import follow
from analysis.report.document.cost import cost_section
from analysis.report.document.cyclonedx import cyclonedx_bytes
from analysis.report.document.facts import Facts, facts_of
from analysis.report.document.html import html_bytes, preview_html
from analysis.report.document.model_card import model_card_bytes
from analysis.report.document.pictures import Format, Pictures
from analysis.report.document.policy import Policy, policy_section, read_policy
from analysis.report.document.provenance import Sheet, provenance_section, sheet_of
from analysis.report.document.request import ReportRequest
from analysis.report.document.sarif import sarif_bytes
from analysis.report.document.tables import chosen_rows, csv_bytes, parquet_bytes
from analysis.report.text import words_of
from analysis.report.text.spoken import speaking
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
    decision = _decision_of(request, facts)
    style = replace(request.style, when=request.style.when or moment_now())
    request = replace(request, style=style)
    found: dict[str, bytes] = {}
    for language in request.languages:
        if {*DOCUMENTS, "png", "svg"} & set(request.formats):
            found |= _in_language(facts, request, decision, language, watch)
    found |= _tables(facts, request, watch)
    found |= _machine_files(facts, request, decision, watch)
    if "archive" in request.formats:
        watch("evidence.zip")
        found["evidence.zip"] = archive_bytes(facts, found)
    return found


class Decision(NamedTuple):
    """What users bring along for the decision pages."""

    policy: Policy | None
    sheet: Sheet


def _decision_of(request: ReportRequest, facts: Facts) -> Decision:
    policy = read_policy(request.policy) if isinstance(request.policy, Path) else request.policy
    return Decision(policy, sheet_of(facts.chain, request.provenance))


def document_of(
    facts: Facts, request: ReportRequest, decision: Decision, language: str
) -> Document:
    """The report in one language with its decision pages."""
    words = words_of(language)
    with speaking(language):
        extra = [cost_section(facts, request.price, request.currency, words)]
        extra.append(provenance_section(facts, decision.sheet, words))
        if decision.policy is not None:
            extra.insert(0, policy_section(decision.policy, facts, words))
    return build_document(facts, language, request.style, tuple(extra))


def _in_language(
    facts: Facts, request: ReportRequest, decision: Decision, language: str, watch: Watch
) -> dict[str, bytes]:
    style = request.style
    document = document_of(facts, request, decision, language)
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


def preview(
    run: Run, request: ReportRequest, language: str, page: str = ""
) -> tuple[Document, str]:
    """The document of a run, and one part of it as a web page.

    Args:
        run: any run that has ended.
        request: what is wished.
        language: one of `text.LANGUAGES`.
        page: key of a section; empty for page 1.

    Raises:
        RequestError: as for `make_files`.
    """
    facts = facts_of(follow(run))
    document = document_of(facts, request, _decision_of(request, facts), language)
    style = request.style
    return document, preview_html(document, Pictures(style), style.theme, page)


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


def _machine_files(
    facts: Facts, request: ReportRequest, decision: Decision, watch: Watch
) -> dict[str, bytes]:
    made: dict[str, tuple[str, Callable[[], bytes]]] = {
        "sarif": ("findings.sarif", lambda: sarif_bytes(facts)),
        "cyclonedx": (
            "bom.cdx.json",
            lambda: cyclonedx_bytes(facts, decision.sheet, request.style.when),
        ),
        "modelcard": ("model-card.md", lambda: model_card_bytes(facts, request.style.when)),
    }
    found: dict[str, bytes] = {}
    for name, (file, write) in made.items():
        if name in request.formats:
            watch(file)
            with speaking("en"):  # machines read these, whatever the screen speaks
                found[file] = write()
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
