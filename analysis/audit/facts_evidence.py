"""From the readings of all arms to what the verdict on facts may look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from analysis.audit.arms import CONTROL, ORIGINAL, STRESS, UNLEARNED
from analysis.audit.facts_figures import ArmResult, grid, shares
from analysis.audit.facts_prompts import PLAIN
from analysis.audit.facts_rtt import ASKING, RELEARNING, FactReading
from analysis.behaviour.intervals import Figure


@dataclass(frozen=True)
class FactsEvidence:
    """Everything the verdict may look at."""

    chance: float
    plain: Mapping[str, ArmResult]  # arm -> asked plainly
    asked: Mapping[str, ArmResult]  # arm -> best of all ways of asking
    attacked: Mapping[str, ArmResult]  # arm -> best of the relearning grid
    known: Figure  # unlearned over original when asked plainly, 0 = control or chance
    elicited: Figure  # the same for the best of all ways of asking
    recovery: Figure  # unlearned over original after the attack, as in the paper
    corrected: Figure  # the same with the control's (or chance) as 0
    stress: Figure | None = None  # the model made to hide over the original, corrected
    not_tested: tuple[str, ...] = ()


def gather(
    readings: Sequence[FactReading], chance: float, not_tested: Sequence[str] = ()
) -> FactsEvidence:
    """Compare the unlearned model with the original, the control's best (or chance) being 0.

    Args:
        readings: of the arms unlearned and original, and of control and stress where there are.
        chance: expected accuracy of guessing.
        not_tested: what the reader must know was left out.
    """
    asking, attack = grid(readings, ASKING), grid(readings, RELEARNING)
    plainly = asking.of(PLAIN.name)
    floor: str | float = CONTROL if CONTROL in attack.arms else chance
    recovery, corrected = shares(attack, UNLEARNED, ORIGINAL, floor)
    stress = shares(attack, STRESS, ORIGINAL, floor)[1] if STRESS in attack.arms else None
    return FactsEvidence(
        chance=chance,
        plain=plainly.results,
        asked=asking.results,
        attacked=attack.results,
        known=shares(plainly, UNLEARNED, ORIGINAL, floor)[1],
        elicited=shares(asking, UNLEARNED, ORIGINAL, floor)[1],
        recovery=recovery,
        corrected=corrected,
        stress=stress,
        not_tested=tuple(not_tested),
    )
