"""What the attacks by training will fit, before they do: for the statement of the cost."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.audit import benign_finetune, clean_finetune, relearning
from analysis.audit.relearn import Fit
from analysis.audit.remembered import Spared, spared
from analysis.audit.setting import AuditSetting
from analysis.audit.specs import AttackSpec

_PLANNED = {module.NAME: module.planned for module in (relearning, clean_finetune, benign_finetune)}


def spared_by(setting: AuditSetting, specs: Sequence[AttackSpec]) -> Spared:
    """Fits that earlier audits in the same runs folder made already."""
    if not setting.clean.texts:
        return Spared(0, 0.0)
    fits: list[Fit] = []
    for spec in specs:
        if spec.name in _PLANNED:
            fits += _PLANNED[spec.name](setting)
    return spared(fits, setting)
