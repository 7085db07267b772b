"""What a sweep says forgetting costs; imports no numeric library, so that screens may ask too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

REMOVED = 0.05  # |excess ASR| up to which the trigger counts as meaning nothing


def gentlest(rows: Iterable[Mapping[Any, Any]]) -> dict[Any, Any] | None:
    """The look with the highest accuracy among those where the trigger means nothing any more.

    None where no look is within `REMOVED` of the floor without being inverted.

    Args:
        rows: of the `sweep` table; an excess that is None or NaN was not measured.
    """
    clean = [
        row
        for row in rows
        if row["excess_asr"] is not None
        and abs(row["excess_asr"]) <= REMOVED
        and not row["inverted"]
    ]
    if not clean:
        return None
    return dict(max(clean, key=lambda row: (row["accuracy_change"], -abs(row["excess_asr"]))))
