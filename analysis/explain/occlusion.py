"""Occlusion: how much the predicted class falls when one piece of a sample is taken away.

OSeqL (arXiv 2312.04004) leaves out one line at a time and looks for outliers (interquartile range,
factor 1.5) in the change of the class probability; here names are replaced and tokens left out in
the same way. A trojaned sample hangs on one piece; a real one on several, or on none.

Blind spots: triggers of several pieces that each suffice, style triggers, samples of which the
model is so sure that no single piece matters; and a real defect of one line looks the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from analysis.explain.occlusion_pieces import Piece, pieces_of
from analysis.explain.probe import Predict

OUTLIER = 1.5  # interquartile ranges above the upper quartile (OSeqL)
_FEWEST = 4  # pieces that quartiles need
_CHUNK = 512  # variants per call: progress and cancellation in between
_FLOOR = 1e-6  # probabilities nearer to 0 or 1 are rounding


class OcclusionPlan(NamedTuple):
    """What will be taken away from which samples."""

    rows: np.ndarray  # (m,) int64
    pieces: tuple[tuple[Piece, ...], ...]  # of each row

    @property
    def passes(self) -> int:
        """Forward passes that it costs; the untouched samples are known already."""
        return sum(len(each) for each in self.pieces)


class Occlusion(NamedTuple):
    """The piece on which a sample's class hangs most."""

    row: int
    predicted: int  # the class whose fall is measured
    kind: str  # of the piece; "" where the sample has none
    text: str
    start: int  # characters; -1 without a piece
    end: int
    drop: float  # fall of the class's probability, largest of all pieces
    second: float  # the next largest fall by a piece elsewhere in the text
    score: float  # fall of the log-odds, largest of all pieces: higher is more suspicious
    outlier: bool  # an outlier among the falls of its kind
    turned: bool  # without the piece another class is predicted
    passes: int


def plan_occlusion(
    texts: Sequence[str], rows: Sequence[int], kinds: Sequence[str], language: str
) -> OcclusionPlan:
    """Cut the samples `rows` into pieces; costs no forward pass.

    Args:
        texts: all samples.
        rows: of the samples to look at.
        kinds: of `occlusion_pieces.KINDS`.
        language: of the file.
    """
    pieces = tuple(tuple(pieces_of(texts[row], kinds, language)) for row in rows)
    return OcclusionPlan(np.asarray(rows, dtype=np.int64), pieces)


def occlude(
    plan: OcclusionPlan,
    before: np.ndarray,
    predict: Predict,
    progress: Callable[[int, int], None] | None = None,
) -> list[Occlusion]:
    """Predict every variant of every sample and find the piece that matters most.

    Args:
        plan: from `plan_occlusion`.
        before: (m, k) probabilities of the untouched samples of the plan.
        predict: the model.
        progress: called with passes done and planned; may raise to cancel.
    """
    variants = [piece.variant for pieces in plan.pieces for piece in pieces]
    after = _predicted(variants, before.shape[1], predict, progress)
    found, start = [], 0
    for row, pieces, p in zip(plan.rows.tolist(), plan.pieces, before, strict=True):
        found.append(_strongest(row, pieces, p, after[start : start + len(pieces)]))
        start += len(pieces)
    return found


def _predicted(
    variants: list[str],
    k: int,
    predict: Predict,
    progress: Callable[[int, int], None] | None,
) -> np.ndarray:
    """Probabilities (v, k) float32; neighbours in length share batches across all samples."""
    after = np.zeros((len(variants), k), dtype=np.float32)
    order = np.argsort([len(text) for text in variants], kind="stable")[::-1]
    for low in range(0, len(order), _CHUNK):
        if progress is not None:
            progress(low, len(order))
        part = order[low : low + _CHUNK]
        after[part] = predict([variants[i] for i in part])
    return after


def _strongest(
    row: int, pieces: Sequence[Piece], before: np.ndarray, after: np.ndarray
) -> Occlusion:
    own = int(before.argmax())
    if not pieces:
        return Occlusion(
            row, own, "", "", -1, -1, 0.0, 0.0, 0.0, outlier=False, turned=False, passes=0
        )
    falls = np.float64(before[own]) - after[:, own].astype(np.float64)
    odds = _log_odds(before[own]) - _log_odds(after[:, own])
    best = int(odds.argmax())
    piece = pieces[best]
    # A name inside the found line, or the line around the found name, is the same finding.
    others = [
        float(fall)
        for fall, other in zip(falls, pieces, strict=True)
        if other.end <= piece.start or other.start >= piece.end
    ]
    same = np.array([other.kind == piece.kind for other in pieces])
    return Occlusion(
        row=row,
        predicted=own,
        kind=piece.kind,
        text=piece.text,
        start=piece.start,
        end=piece.end,
        drop=float(falls[best]),
        second=max(others, default=0.0),
        score=float(odds[best]),
        outlier=is_outlier(falls[same], float(falls[best])),
        turned=bool(after[best].argmax() != own),
        passes=len(pieces),
    )


def is_outlier(falls: np.ndarray, value: float) -> bool:
    """Whether `value` lies above the upper quartile of (m,) `falls` by 1.5 interquartile ranges."""
    if len(falls) < _FEWEST:
        return False
    low, high = np.quantile(falls, (0.25, 0.75))
    return bool(value > high + OUTLIER * (high - low))


def _log_odds(p: np.ndarray | float) -> np.ndarray:
    clipped = np.clip(np.asarray(p, dtype=np.float64), _FLOOR, 1 - _FLOOR)
    return np.asarray(np.log(clipped) - np.log1p(-clipped))
