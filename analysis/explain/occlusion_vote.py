"""Located pieces that several samples share: candidates for a trigger without any label.

One sample that hangs on one line says little, real defects do that; the same text deciding in
many samples that hold it is what a fixed trigger leaves.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from analysis.explain.items import mask_constants
from analysis.explain.occlusion import Occlusion
from analysis.explain.occlusion_pieces import Piece

FEWEST = 4  # samples in which the same piece must decide
_SHOWN = 10


class Vote(NamedTuple):
    """A text that decides in several samples."""

    kind: str
    text: str  # as it stands in the sample that hangs on it most
    target: int  # the class that it holds up
    located: int  # samples of that class that hang on it
    holders: int  # samples of that class that hold it at all
    turned: int  # located samples that change their class without it
    median_drop: float


def vote(found: Sequence[Occlusion], pieces: Sequence[Sequence[Piece]]) -> list[Vote]:
    """Pieces located in at least four samples of a class, those that decide most often first.

    Args:
        found: n results.
        pieces: of the same n samples, in the same order; they tell who holds a text.
    """
    groups: dict[tuple[int, str, str], list[Occlusion]] = defaultdict(list)
    holders: dict[tuple[int, str, str], int] = defaultdict(int)
    for each, held in zip(found, pieces, strict=True):
        for key in {(each.predicted, piece.kind, same_text(piece.text)) for piece in held}:
            holders[key] += 1
        if each.drop > 0:
            groups[each.predicted, each.kind, same_text(each.text)].append(each)
    votes = [
        _vote(key, group, holders[key]) for key, group in groups.items() if len(group) >= FEWEST
    ]
    votes.sort(key=lambda v: (-v.turned, -v.located / v.holders, -v.median_drop, v.text))
    return votes[:_SHOWN]


def same_text(text: str) -> str:
    """The form under which pieces count as the same: blanks collapsed, constants masked."""
    return mask_constants(" ".join(text.split()))


def _vote(key: tuple[int, str, str], group: list[Occlusion], holders: int) -> Vote:
    target, kind, _ = key
    return Vote(
        kind=kind,
        text=max(group, key=lambda each: each.drop).text,
        target=target,
        located=len(group),
        holders=holders,
        turned=sum(each.turned for each in group),
        median_drop=float(np.median([each.drop for each in group])),
    )
