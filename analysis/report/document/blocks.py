"""What a document is made of, for every format the same: plain text, tables and charts.

No markup anywhere: each renderer escapes for its own format, so that hostile sample text stays
text.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from analysis.report.charts.marks import Chart, Missing

Tone = Literal["bad", "good", "caution", "neutral"]


@dataclass(frozen=True)
class Paragraph:
    """Running text."""

    text: str
    muted: bool = False


@dataclass(frozen=True)
class Bullets:
    """A list of points."""

    items: tuple[str, ...]


@dataclass(frozen=True)
class Code:
    """Source text, shown with its line breaks."""

    text: str


@dataclass(frozen=True)
class Grid:
    """A table.

    Attributes:
        header: column titles; empty for a table of pairs.
        rows: cells as text.
        code: columns in a fixed-width face.
        weights: relative widths of the columns; equal when empty.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    code: tuple[int, ...] = ()
    weights: tuple[float, ...] = ()


@dataclass(frozen=True)
class Picture:
    """A chart with what it shows underneath; or the reason why there is none."""

    chart: Chart | Missing
    caption: str = ""


Block = Paragraph | Bullets | Code | Grid | Picture


@dataclass(frozen=True)
class Section:
    """A titled part."""

    key: str  # stable name, for anchors
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class PageOne:
    """What a manager reads in two minutes."""

    word: str  # the verdict, one of the fixed words
    tone: Tone
    sentence: str
    confidence: str
    stages: Grid  # each run of the chain with its answer
    compared: Grid
    pictures: tuple[Picture, ...]  # map, layers, behaviour, in this order
    not_tested: tuple[str, ...]
    action: tuple[str, ...]
    colophon: str  # who, when, version, trail
    approval: tuple[str, ...] = ()  # who vouched for the model, or that nobody did


@dataclass(frozen=True)
class Document:
    """A report in one language."""

    language: str
    title: str
    subtitle: str
    first: PageOne
    sentences: tuple[str, ...]  # ready to say in a meeting
    sections: tuple[Section, ...] = field(default=())
