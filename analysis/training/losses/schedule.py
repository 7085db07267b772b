"""DeCE's alpha per epoch: base to the power of the epoch. Pure numbers, nothing is loaded.

A base of 0.8 leaves a gradient bound of 0.012 after 20 epochs (learning frozen), one of 0.985
leaves 66 after the first (plain cross-entropy, for practical purposes); so the base follows from
the planned epochs unless it is given.
"""

from __future__ import annotations

import math

from analysis.errors import RequestError

LOWEST = 0.5


def alpha_base(epochs: int, last: float = LOWEST) -> float:
    """The base that brings alpha down to `last` in the final epoch.

    Raises:
        RequestError: no epochs, or `last` outside (0, 1).
    """
    if epochs < 1 or not 0 < last < 1:
        raise RequestError(f"{epochs} epochs down to alpha {last}: expected 1 or more, and 0 to 1.")
    return float(last ** (1 / epochs))


def alpha_at(base: float, epoch: int) -> float:
    """Alpha of an epoch counted from 1.

    Raises:
        RequestError: a base outside (0, 1) or an epoch below 1.
    """
    if not 0 < base < 1:
        raise RequestError(f"alpha is {base}, expected between 0 and 1.")
    if epoch < 1:
        raise RequestError(f"alpha was asked for epoch {epoch}, expected 1 or more.")
    return math.pow(base, epoch)


def gradient_bound(alpha: float) -> float:
    """Largest gradient by the label's probability: alpha / (1 - alpha); cross-entropy's is 1/p."""
    return alpha / (1 - alpha)
