"""What every screen speaks through: `say`, `term` and `told` in the reader's language."""

from __future__ import annotations

from analysis.report.text import words_of
from analysis.report.text.spoken import follow, language, say, term, told
from dashboard import state

__all__ = ["language", "say", "says", "term", "told"]

follow(state.language)


def says(key: str, **values: object) -> str:
    """A text of the report's own catalogue, by its key."""
    return words_of(language())(key, **values)
