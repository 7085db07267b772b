"""Quantisation: does rounding the weights undo a small change that only hid the trojan?

Rounding can bring unlearned knowledge back, because unlearning moves weights by less than a step
(https://arxiv.org/abs/2410.16454). Symmetric rounding, one scale per output row, at 8 and 4 bits.
Needs: nothing beyond the models.
Blind spot: calibrated or mixed schemes; activations stay in full precision.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from analysis.audit.budgets import Cost, reading_cost
from analysis.audit.measure import Seen
from analysis.audit.outcome import Outcome
from analysis.audit.setting import AuditSetting
from analysis.audit.weights import quantised
from analysis.audit.weights_attack import weights_attack

NAME = "quantise"
BITS = (8, 4)


def cost(setting: AuditSetting) -> Cost:
    """What it will take."""
    return reading_cost(setting.budget, len(setting.arms), len(BITS))


def quantise(setting: AuditSetting, before: Mapping[str, Seen]) -> Outcome:
    """Measure every arm with its weights rounded to 8 and to 4 bits."""
    changes = {f"int{bits}": partial(quantised, bits=bits) for bits in BITS}
    return weights_attack(NAME, changes, setting, before)
