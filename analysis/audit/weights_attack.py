"""What quantisation and pruning share: change the weights of a copy, measure, compare."""

from __future__ import annotations

from collections.abc import Mapping

from analysis.audit.budgets import reading_cost
from analysis.audit.comparing import compared
from analysis.audit.measure import Seen, measure
from analysis.audit.outcome import Outcome
from analysis.audit.readings import Cell, Reading
from analysis.audit.setting import AuditSetting
from analysis.audit.weights import Change, changed


def weights_attack(
    name: str, changes: Mapping[str, Change], setting: AuditSetting, before: Mapping[str, Seen]
) -> Outcome:
    """Measure every arm under every change of its weights."""
    readings: list[Reading] = []
    total = len(changes) * len(setting.arms)
    for label, change in changes.items():
        for arm in setting.arms:
            seen = measure(changed(setting.models[arm], change, setting.device), setting)
            cell = Cell(label, 0.0, 0, 0)
            readings.append(
                Reading(name, arm, cell, 0, setting.seed, 0, seen.hits, seen.leaning, seen.accuracy)
            )
            setting.keep(readings[-1:])
            setting.watch(len(readings), total)
    declared = reading_cost(setting.budget, len(setting.arms), len(changes))
    return compared(name, setting, readings, before, declared)
