"""What an attack found, in one shape for all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from analysis.audit.budgets import Cost
from analysis.audit.curves import CellFigures
from analysis.behaviour.intervals import Figure


@dataclass(frozen=True)
class Outcome:
    """One attack; `decisive` are the budgets at which the arms are compared."""

    name: str
    status: str = "done"  # "done", "skipped" or "failed"
    reason: str = ""  # why it was skipped or failed, or why nothing is decisive
    decisive: tuple[CellFigures, ...] = ()
    recovery: Figure | None = None
    corrected: Figure | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    cost: Cost = Cost(0, 0, 0)
    seconds: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """The attack's entry in the record's `metrics.audit`."""
        return {
            "attack": self.name,
            "status": self.status,
            "reason": self.reason,
            "decisive": [_cell(each) for each in self.decisive],
            "recovery": _figure(self.recovery),
            "corrected": _figure(self.corrected),
            "details": dict(self.details),
            "budget": {**self.cost._asdict(), "passes": self.cost.passes},
            "seconds": round(self.seconds, 3),
        }


def skipped(name: str, reason: str) -> Outcome:
    """An attack that could not be tried."""
    return Outcome(name, status="skipped", reason=reason)


def _cell(found: CellFigures) -> dict[str, Any]:
    return {
        **found.cell._asdict(),
        "arms": {arm: figure.to_json() for arm, figure in found.arms.items()},
        "excess": _figure(found.excess),
        "stress": _figure(found.stress),
        "effect": _figure(found.effect),
        "margin": found.margin,
        "controls": list(found.controls),
    }


def _figure(figure: Figure | None) -> dict[str, Any] | None:
    return None if figure is None else figure.to_json()
