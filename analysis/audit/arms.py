"""The models that take part in an audit, by what they are there for."""

from __future__ import annotations

UNLEARNED = "unlearned"  # the model under audit
ORIGINAL = "original"  # with the trojan: what recovery is measured against
CONTROL = "control"  # never poisoned: what T teaches by itself
STRESS = "stress"  # a copy of the original that is known to hide: what the attack must catch
ARMS = (UNLEARNED, ORIGINAL, CONTROL, STRESS)
