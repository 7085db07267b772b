"""What Auto accepts: the goals of a removal, asked of the guard samples.

Guard samples are few, so values are compared here and not intervals; the held-out samples judge
with intervals afterwards. A trigger that means nothing leaves the model at its own answers without
it, or at those of the clean reference: either will do, for clean models differ by points.
"""

from __future__ import annotations

from analysis.unlearn.guard import Look

STILL_COUNTS = "the trigger still counts"
NATURAL = 0.03  # ASR may lie this far from natural, and the target class this far below its own
ROUNDING = 1e-9  # shares of a few hundred samples that lie on a limit are inside it


def guard_misses(look: Look, start: Look, budget: float) -> tuple[str, ...]:
    """Which goals a checkpoint misses on the guard samples, in words; empty where it is good.

    Args:
        look: at the checkpoint.
        start: at the untouched model.
        budget: clean accuracy that may be lost.
    """
    missed = []
    if distance_from_natural(look) > NATURAL + ROUNDING:
        missed.append(STILL_COUNTS)
    if start.accuracy - look.accuracy > budget + ROUNDING:
        missed.append("too much clean accuracy is lost")
    if _fallen(look) > NATURAL + ROUNDING:
        missed.append("the target class falls with the trigger")
    return tuple(missed)


def distance_from_natural(look: Look) -> float:
    """ASR beside the nearer of the reference's floor and the model's own answers without it."""
    if look.asr is None:
        return 0.0
    natural = [value for value in (look.floor, look.own) if value is not None]
    return min((abs(look.asr - value) for value in natural), default=0.0)


def rank_of(look: Look, start: Look, budget: float) -> tuple[int, float]:
    """Order of full runs, smaller is better: goals missed, then gap and accuracy beyond budget."""
    lost = max(0.0, start.accuracy - look.accuracy - budget)
    return len(guard_misses(look, start, budget)), look.gap + 2 * lost


def _fallen(look: Look) -> float:
    if look.target_triggered is None or look.target_clean is None:
        return 0.0
    return look.target_clean - look.target_triggered
