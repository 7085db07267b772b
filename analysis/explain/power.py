"""How many relabelled samples would be noticed: what "nothing found" is worth.

Taken is what the search for text looks at, for samples of other classes that would be moved into
one: how little the reference expects it there, against how far its answers scatter anyway. A
reference that knows the task lets a handful stand out; one near chance would let hundreds pass.
"""

from __future__ import annotations

import numpy as np

from analysis.detect.evidence import LEVEL_ALONE
from analysis.explain.items import min_support
from analysis.explain.residuals import Residuals
from analysis.explain.surprise import ClassSurprise


def fewest_alone(base: float, n_items: int) -> float:
    """Samples, all of one class, that a text needs without a reference to be no chance.

    Nearly every text of a class that holds nearly every sample is pure.

    Args:
        base: share of the class, below 1.
        n_items: texts that are looked at.
    """
    if base >= 1.0:
        return float("inf")
    return float(np.log(LEVEL_ALONE / max(n_items, 1)) / np.log(max(base, 1e-9)))


def fewest_shown(residuals: Residuals, target: int, bar: float, inside: ClassSurprise) -> float:
    """Samples with one text that must be relabelled to `target` until the text shows on average.

    Args:
        residuals: of n samples against a reference.
        target: the class they would be moved into.
        bar: z that a text must reach over all samples.
        inside: what surprises the reference among the samples of that class.

    Returns:
        A count, at least the smallest support of an item; infinite where none would do.
    """
    others = residuals.own != target
    values = residuals.values[:, target]
    spread = float(values.std())
    if not others.any() or spread < 1e-9:
        return float("inf")
    surprise = 1.0 - float(residuals.expected[others, target].mean())
    gain = surprise - float(values.mean())
    if gain <= 0.0:
        return float("inf")
    needed = inside.needed(surprise)
    return float(max(min_support(len(values)), (bar * spread / gain) ** 2, needed))
