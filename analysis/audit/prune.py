"""Pruning: does dropping the smallest weights bring the trojan back?

The smallest entries of each matrix become zero, 10, 30 and 50 % of them.
Needs: nothing beyond the models.
Blind spot: structured pruning and pruning by activation.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from analysis.audit.budgets import Cost, reading_cost
from analysis.audit.measure import Seen
from analysis.audit.outcome import Outcome
from analysis.audit.setting import AuditSetting
from analysis.audit.weights import pruned
from analysis.audit.weights_attack import weights_attack

NAME = "prune"
SHARES = (0.1, 0.3, 0.5)


def cost(setting: AuditSetting) -> Cost:
    """What it will take."""
    return reading_cost(setting.budget, len(setting.arms), len(SHARES))


def prune(setting: AuditSetting, before: Mapping[str, Seen]) -> Outcome:
    """Measure every arm with its smallest weights set to zero."""
    changes = {f"{share:.0%} zero": partial(pruned, share=share) for share in SHARES}
    return weights_attack(NAME, changes, setting, before)
