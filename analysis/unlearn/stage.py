"""One step of a removal under growing masks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from analysis.unlearn.delta import Delta
from analysis.unlearn.guard import Look


@dataclass(frozen=True)
class Stage:
    """One mask's share of the work.

    Attributes:
        ratio: share of the matrices' weights that might change.
        look: guard samples at its end.
        kept: whether its change was kept.
        note: why it was kept or undone.
        delta: its change alone, to apply and to undo; None where it was undone.
    """

    ratio: float
    look: Look
    kept: bool
    note: str
    delta: Delta | None = field(default=None, repr=False)

    def row(self) -> dict[str, Any]:
        """Columns of the `stages` table."""
        return {
            "ratio": self.ratio,
            "kept": self.kept,
            "accuracy": self.look.accuracy,
            "asr": self.look.asr,
            "floor": self.look.floor,
            "target_triggered": self.look.target_triggered,
            "gap": self.look.gap,
            "note": self.note,
        }
