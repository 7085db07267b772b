"""From a chain of runs to one document per language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from analysis.report.document.blocks import Document, Section
from analysis.report.document.facts import Facts, subject_name
from analysis.report.document.page_one import page_one
from analysis.report.document.phrases import visible
from analysis.report.document.section_change import change_sections
from analysis.report.document.section_evidence import evidence_section
from analysis.report.document.section_record import record_sections
from analysis.report.document.section_samples import samples_section
from analysis.report.document.sentences import sentences
from analysis.report.text import words_of
from analysis.report.text.spoken import speaking


@dataclass(frozen=True)
class Style:
    """How documents look and who signs them.

    Attributes:
        theme: "light" or "dark".
        author: who reports; empty when not given.
        when: ISO 8601 moment of the report, UTC.
        width: pixels of exported pictures; None for each chart's own.
        height: the same.
        renderer: "matplotlib", or "plotly" through a browser.
    """

    theme: str = "light"
    author: str = ""
    when: str = ""
    width: int | None = None
    height: int | None = None
    renderer: str = "matplotlib"


def moment_now() -> str:
    """The present moment, UTC, ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def build_document(
    facts: Facts, language: str, style: Style, extra: tuple[Section, ...] = ()
) -> Document:
    """The whole report in one language.

    Args:
        facts: of the chain.
        language: one of `text.LANGUAGES`.
        style: theme and signature.
        extra: decision pages in the same language, placed behind page 1.
    """
    with speaking(language):
        return _built(facts, language, style, extra)


def _built(facts: Facts, language: str, style: Style, extra: tuple[Section, ...]) -> Document:
    words = words_of(language)
    name = visible(subject_name(facts.chain))
    return Document(
        language=language,
        title=words("report.title", name=name),
        subtitle=words("report.subtitle", run=facts.chain.focus.run_id),
        first=page_one(facts, words, style.theme, style.author, style.when or moment_now()),
        sentences=sentences(facts, words),
        sections=(
            *extra,
            evidence_section(facts, words, style.theme),
            *change_sections(facts, words, style.theme),
            samples_section(facts, words),
            *record_sections(facts, words),
        ),
    )
