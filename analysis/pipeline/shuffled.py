"""The search for text on labels dealt out anew: what it says where no text means anything.

Loads no model and no torch: scans use it too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from analysis.detect.evidence import Evidence
from analysis.detect.suspicion import suspicious_candidates
from analysis.explain.association import Association, associate
from analysis.explain.items import ItemTable
from analysis.explain.residuals import Residuals

Row = dict[str, Any]  # control, statistic, nothing, here


def shuffled_rows(
    texts: Sequence[str],
    residuals: Residuals,
    found: Association,
    counted: int,
    seed: int,
    items: ItemTable | None = None,
) -> list[Row]:
    """The search for text again, after the labels were dealt out anew.

    Args:
        texts: n samples.
        residuals: the event, over the same n samples.
        found: what the search said about them.
        counted: its texts that count against the file.
        seed: of the deal.
        items: those of `texts`, where somebody has made them already.
    """
    dealt = residuals.shuffled(seed)
    again = associate(texts, dealt, seed, items)
    evidence = Evidence(
        n=len(texts),
        reference_kind=None,
        has_labels=True,
        has_predictions=False,
        mode=again.mode,
        candidates=again.candidates,
    )
    return [
        control_row("shuffled_labels", "texts", len(suspicious_candidates(evidence)), counted),
        control_row("shuffled_labels", "strongest_z", _strongest(again), _strongest(found)),
    ]


def _strongest(found: Association) -> float:
    return max([found.next_z, *(c.z for c in found.candidates)])


def control_row(control: str, statistic: str, nothing: float, here: float) -> Row:
    """One line of the table: the same figure on nothing and here."""
    return {"control": control, "statistic": statistic, "nothing": nothing, "here": here}
