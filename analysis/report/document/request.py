"""What a report is asked to be."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from analysis.errors import RequestError
from analysis.report.document.build import Style
from analysis.report.document.pictures import RENDERERS
from analysis.report.document.policy import Policy
from analysis.report.document.tables import ROWS
from analysis.report.text import LANGUAGES

FORMATS = (
    *("html", "pdf", "pptx", "csv", "parquet", "sarif", "cyclonedx"),
    *("modelcard", "png", "svg", "archive"),
)
USUAL = ("html", "pdf", "pptx", "csv", "sarif", "cyclonedx")
_SMALLEST, _LARGEST = 200, 6_000


@dataclass(frozen=True)
class ReportRequest:
    """One wish for files, checked when it is made.

    Attributes:
        formats: from `FORMATS`.
        languages: from `text.LANGUAGES`; formats without words appear once.
        style: theme, signature, size of pictures.
        rows: which samples go into csv and parquet, one of `tables.ROWS`.
        policy: acceptance clauses, or a TOML or JSON file with them.
        provenance: a TOML or JSON file with what the owner says about each model.
        price: per hour of device time, None where nobody named one.
        currency: its unit, as given.

    Raises:
        RequestError: an unknown format, language, renderer, choice of rows, or a wrong size.
    """

    formats: tuple[str, ...] = USUAL
    languages: tuple[str, ...] = ("en",)
    style: Style = field(default_factory=Style)
    rows: str = "all"
    policy: Path | Policy | None = None
    provenance: Path | None = None
    price: float | None = None
    currency: str = ""

    def __post_init__(self) -> None:
        _all_known("format", self.formats, FORMATS)
        _all_known("language", self.languages, LANGUAGES)
        _all_known("theme", (self.style.theme,), ("light", "dark"))
        _all_known("renderer", (self.style.renderer,), RENDERERS)
        _all_known("choice of rows", (self.rows,), ROWS)
        for name, value in (("width", self.style.width), ("height", self.style.height)):
            if value is not None and not _SMALLEST <= value <= _LARGEST:
                raise RequestError(
                    f"a picture {name} of {value} pixels is out of range.",
                    f"Choose {_SMALLEST} to {_LARGEST}.",
                )
        if self.price is not None and not 0 <= self.price < float("inf"):
            raise RequestError(f"a price of {self.price} per hour is no price.", "Give 0 or more.")


def _all_known(what: str, given: tuple[str, ...], known: tuple[str, ...]) -> None:
    if not given:
        raise RequestError(f"no {what} was chosen.", f"Choose from {', '.join(known)}.")
    for name in given:
        if name not in known:
            raise RequestError(f"{what} '{name}' is not known.", f"Choose from {', '.join(known)}.")
