"""Texts that the reference obeys as well, and therefore hides.

Against a reference a text counts where it is surprised. A reference that a text turns itself,
because it carries the same trojan or because it is weak and takes odd code for one class, is not.
So texts that stand alone by the labels are taken out of their samples, and the reference is asked
again: what it says of the rest is what the labels are held against.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from analysis.detect.evidence import FEWEST_ALONE, is_lone
from analysis.explain.association import Association, associate, in_order
from analysis.explain.items import ItemTable
from analysis.explain.residuals import Residuals, make_residuals
from analysis.explain.without_text import Predict, belief_without
from analysis.records import TriggerCandidate

_SAME = 0.5  # share of a text's samples from which an earlier candidate is the same finding


def with_hidden(
    found: Association,
    texts: Sequence[str],
    residuals: Residuals,
    reference: Predict,
    seed: int = 0,
    items: ItemTable | None = None,
) -> Association:
    """`found` and the texts that only taking them out brings up.

    Args:
        found: against the reference.
        texts: n samples.
        residuals: of their labels against the reference.
        reference: its predictor.
        seed: of the random deals.
        items: those of `texts`, where somebody has made them already.
    """
    plain = make_residuals(residuals.own, None, None)
    if found.distinct < FEWEST_ALONE or plain is None:
        return found
    alone = associate(texts, plain, seed, items)
    hidden = []
    for each in alone.candidates:
        if not is_lone(each) or any(_same(each, other) for other in found.candidates):
            continue
        belief = belief_without(each, texts, residuals.own, reference)
        if belief < _between(residuals, each.target):
            excess = float(residuals.values[each.rows, each.target].mean())
            hidden.append(replace(each, believed=belief, excess=excess, hidden=True))
    if not hidden:
        return found
    scores = found.scores.copy()
    for each in hidden:
        scores[each.rows] = np.maximum(scores[each.rows], each.z)
    return replace(found, candidates=in_order([*hidden, *found.candidates]), scores=scores)


def _between(residuals: Residuals, target: int) -> float:
    """Halfway between what the reference says of the class's samples and of all others."""
    expected, own = residuals.expected[:, target], residuals.own == target
    if own.all() or not own.any():
        return 0.0
    return float(expected[own].mean() + expected[~own].mean()) / 2


def _same(one: TriggerCandidate, other: TriggerCandidate) -> bool:
    return len(np.intersect1d(one.rows, other.rows)) >= _SAME * len(one.rows)
