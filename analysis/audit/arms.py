"""The models that take part in an audit, by what they are there for."""

from __future__ import annotations

from collections.abc import Sequence

UNLEARNED = "unlearned"  # the model under audit
ORIGINAL = "original"  # with the trojan: what recovery is measured against
CONTROL = "control"  # never poisoned: what T teaches by itself
STRESS = "stress"  # a copy of the original that is known to hide: what the attack must catch
ARMS = (UNLEARNED, ORIGINAL, CONTROL, STRESS)


def control_arm(number: int) -> str:
    """The arm of the control with this number, from 1: "control", "control-2", ..."""
    return CONTROL if number == 1 else f"{CONTROL}-{number}"


def family(arm: str) -> str:
    """What an arm is there for: every control is a `CONTROL`."""
    return CONTROL if arm.startswith(f"{CONTROL}-") else arm


def number_of(arm: str) -> int:
    """The number of a control, from 1; 1 for every other arm."""
    return int(arm.rpartition("-")[2]) if family(arm) != arm else 1


def controls_of(arms: Sequence[str]) -> tuple[str, ...]:
    """The controls among `arms`, by number."""
    return tuple(sorted((arm for arm in arms if family(arm) == CONTROL), key=number_of))


def in_order(arms: Sequence[str]) -> tuple[str, ...]:
    """Arms in their fixed order, controls by number."""
    return tuple(sorted(arms, key=lambda arm: (ARMS.index(family(arm)), number_of(arm))))
