"""What every screen speaks through: `say`, `term` and `told` in the reader's language."""

from __future__ import annotations

from analysis.report.text.spoken import follow, language, say, term, told
from dashboard import state

__all__ = ["language", "say", "term", "told"]

follow(state.language)
