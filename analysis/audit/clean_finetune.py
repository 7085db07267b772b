"""Clean fine-tuning: does the trojan come back although nobody shows the trigger?

Relearning with retain data alone recovers much of what unlearning hid in image models
(https://arxiv.org/abs/2505.22310).
Needs: clean samples with labels.
Blind spot: a trojan that only the trigger itself can wake.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from analysis.audit.budgets import Cost
from analysis.audit.comparing import compared
from analysis.audit.measure import Seen
from analysis.audit.outcome import Outcome, skipped
from analysis.audit.readings import Reading
from analysis.audit.relearn import Fit, fits_cost
from analysis.audit.remembered import Digests, relearned
from analysis.audit.setting import AuditSetting, Labelled

NAME = "clean_finetune"


def cost(setting: AuditSetting) -> Cost:
    """What it will take."""
    return fits_cost(planned(setting), setting)


def clean_finetune(setting: AuditSetting, before: Mapping[str, Seen]) -> Outcome:
    """Fine-tune every arm on clean samples with their true labels."""
    if not setting.clean.texts:
        return skipped(NAME, "no clean samples (--retain or --test)")
    return finetuned(NAME, setting, before, planned(setting))


def planned(setting: AuditSetting) -> list[Fit]:
    """Every fit of the attack; none without clean samples."""
    if not setting.clean.texts:
        return []
    return finetune_fits(NAME, setting, setting.clean)


def finetune_fits(name: str, setting: AuditSetting, source: Labelled) -> list[Fit]:
    """A seeded choice of `source`, for every rate and seed."""
    fits = []
    for seed in range(setting.budget.seeds):
        rng = np.random.default_rng([setting.seed, seed, 23])
        shown = source.take(rng.permutation(len(source.texts))[: setting.budget.clean])
        for rate in setting.learning_rates:
            own = setting.seed + seed
            fits.append(Fit(name, "no trigger", 0, own, rate, len(shown.texts), shown))
    return fits


def finetuned(
    name: str, setting: AuditSetting, before: Mapping[str, Seen], fits: Sequence[Fit]
) -> Outcome:
    """Fine-tune every arm on samples without a trigger."""
    readings: list[Reading] = []
    digests, total = Digests(), len(fits) * len(setting.arms)
    for number, fit in enumerate(fits):
        for place, arm in enumerate(setting.arms):
            made = relearned(arm, fit, setting, digests)
            readings += made
            setting.keep(made)
            setting.watch(number * len(setting.arms) + place + 1, total)
    return compared(name, setting, readings, before, fits_cost(fits, setting))
