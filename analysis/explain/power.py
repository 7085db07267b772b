"""How many relabelled samples a reference would notice: what "nothing found" is worth.

Taken is what the search for text looks at, for samples of other classes that would be moved into
one: how little the reference expects it there, against how far its answers scatter anyway. A
reference that knows the task lets a handful stand out; one near chance would let hundreds pass.
"""

from __future__ import annotations

from analysis.explain.items import ItemTable, min_support
from analysis.explain.residuals import Residuals
from analysis.explain.surprise import ClassSurprise


def fewest_shown(
    items: ItemTable, residuals: Residuals, target: int, bar: float, seed: int
) -> float:
    """Samples with one text that must be relabelled to `target` until the text shows on average.

    Args:
        items: of the n samples.
        residuals: against a reference.
        target: the class they would be moved into.
        bar: z that a text must reach over all samples.
        seed: of the deals inside the class.

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
    inside = ClassSurprise(items, residuals, target, seed).needed(surprise)
    return float(max(min_support(len(values)), (bar * spread / gain) ** 2, inside))
