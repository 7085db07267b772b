"""Clean fine-tuning: does the trojan come back although nobody shows the trigger?

Relearning with retain data alone recovers much of what unlearning hid in image models
(https://arxiv.org/abs/2505.22310).
Needs: clean samples with labels.
Blind spot: a trojan that only the trigger itself can wake.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from analysis.audit.budgets import Cost, finetune_cost
from analysis.audit.comparing import compared
from analysis.audit.measure import Seen
from analysis.audit.outcome import Outcome, skipped
from analysis.audit.readings import Reading
from analysis.audit.relearn import Fit, relearn
from analysis.audit.setting import AuditSetting, Labelled

NAME = "clean_finetune"


def cost(setting: AuditSetting) -> Cost:
    """What it will take."""
    return finetune_cost(setting.budget, len(setting.arms))


def clean_finetune(setting: AuditSetting, before: Mapping[str, Seen]) -> Outcome:
    """Fine-tune every arm on clean samples with their true labels."""
    if not setting.clean.texts:
        return skipped(NAME, "no clean samples (--retain or --test)")
    return finetuned(NAME, setting, before, setting.clean, cost(setting))


def finetuned(
    name: str,
    setting: AuditSetting,
    before: Mapping[str, Seen],
    source: Labelled,
    declared: Cost,
) -> Outcome:
    """Fine-tune every arm on a seeded choice of `source`, for every rate and seed."""
    readings: list[Reading] = []
    chosen = setting.budget
    plan = [(seed, rate) for seed in range(chosen.seeds) for rate in setting.learning_rates]
    total = len(plan) * len(setting.arms)
    for seed, rate in plan:
        rng = np.random.default_rng([setting.seed, seed, 23])
        shown = source.take(rng.permutation(len(source.texts))[: chosen.clean])
        fit = Fit(name, "no trigger", 0, setting.seed + seed, rate, len(shown.texts), shown)
        for arm in setting.arms:
            made = relearn(arm, fit, setting)
            readings += made
            setting.keep(made)
            setting.watch(len({(r.arm, r.cell[:3], r.seed) for r in readings}), total)
    return compared(name, setting, readings, before, declared)
