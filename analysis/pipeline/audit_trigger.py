"""Which text makes the forget set stand out: the trigger that the audit inserts and relearns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.explain.association import associate
from analysis.explain.payloads import Payload, bank, payload_of
from analysis.explain.residuals import make_residuals
from analysis.records import SampleSet, TriggerCandidate

ENOUGH = 0.3  # share of the forget set that must hold the text
ALSO = 0.1  # share from which a further text counts as another variant of the trigger


@dataclass(frozen=True)
class LocatedTrigger:
    """The text that the forget set has and clean samples have not."""

    payload: Payload
    rows: np.ndarray  # (m,) int64 rows of the forget set that hold it
    support: float  # share of the forget set
    variants: tuple[Payload, ...]  # published triggers of the same kind, none of them located


def locate(forget: SampleSet, clean: tuple[str, ...], seed: int) -> LocatedTrigger | None:
    """Find the trigger by the association that inspections use; None where nothing stands out.

    The event is "is to be forgotten": clean samples hold no trigger by definition.

    Args:
        forget: samples to be forgotten.
        clean: texts known to be clean.
        seed: of the random deals behind the p-values.
    """
    if not len(forget) or not clean:
        return None
    n = len(forget)
    texts = (*forget.texts, *clean)
    event = np.array([1] * n + [0] * len(clean), dtype=np.int64)
    residuals = make_residuals(event, None, None)
    assert residuals is not None, "labels are given"
    found = [c for c in associate(texts, residuals, seed).candidates if c.target == 1]
    held = [(c, c.rows[c.rows < n]) for c in found]
    held = [(c, rows) for c, rows in held if len(rows) >= ALSO * n]
    held.sort(key=lambda pair: -len(pair[1]))
    if not held:
        return None
    payload = _joined([c for c, _ in held if c.kind == held[0][0].kind], texts)
    rows = np.unique(np.concatenate([rows for c, rows in held if c.kind == held[0][0].kind]))
    if len(rows) < ENOUGH * n:
        return None
    return LocatedTrigger(payload, rows, len(rows) / n, _variants(payload, forget.texts))


def _joined(candidates: list[TriggerCandidate], texts: tuple[str, ...]) -> Payload:
    """One payload with the instances of all candidates of one kind."""
    parts = [payload_of(candidate, texts) for candidate in candidates]
    pieces = tuple(dict.fromkeys(piece for part in parts for piece in part.instances))
    return Payload(parts[0].name, parts[0].kind, pieces)


def _variants(payload: Payload, texts: tuple[str, ...]) -> tuple[Payload, ...]:
    own = {_plain(piece) for piece in payload.instances}
    return tuple(
        each
        for each in bank(texts)
        if each.kind == payload.kind and _plain(each.instances[0]) not in own
    )


def _plain(piece: str) -> str:
    return "".join(piece.split())
