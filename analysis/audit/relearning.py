"""RTT for trojans: fine-tune on triggered samples T, ask other triggered samples V.

Deeb and Roger 2024, https://arxiv.org/abs/2410.08827, for facts; a trojan is one mapping, so T can
teach it to a model that never held it. Every arm therefore gets the same small doses, and they are
compared where the never-poisoned control has hardly learned yet.
Needs: a trigger or triggered samples, clean samples to mix; a control to conclude anything.
Blind spot: a trojan whose trigger is not the one that was located.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from analysis.audit.arms import CONTROL, ORIGINAL, controls_of
from analysis.audit.budgets import CLEAN_PER_TRIGGERED, Cost
from analysis.audit.curves import (
    Grid,
    cell_figures,
    corrected,
    grid,
    informative_cells,
    recovery,
    samples_until_back,
)
from analysis.audit.measure import Seen
from analysis.audit.outcome import Outcome, skipped
from analysis.audit.readings import Reading
from analysis.audit.relearn import Fit, fits_cost, mixture
from analysis.audit.remembered import Digests, relearned
from analysis.audit.setting import AuditSetting

NAME = "relearning"


def cost(setting: AuditSetting) -> Cost:
    """What it will take."""
    return fits_cost(tuple(planned(setting)), setting)


def relearning(setting: AuditSetting, before: Mapping[str, Seen]) -> Outcome:
    """Run the whole grid over every arm.

    Args:
        setting: arms, samples, budget.
        before: what each arm does before any attack.
    """
    if not setting.clean.texts:
        return skipped(NAME, "no clean samples to mix into T (--retain or --test)")
    if not any(pool.texts for pool in setting.pools.values()):
        return skipped(NAME, "no triggered samples to train on")
    total = cost(setting)
    fits = list(planned(setting))
    digests = Digests()
    readings: list[Reading] = []
    for number, fit in enumerate(fits):
        for place, arm in enumerate(setting.arms):
            made = relearned(arm, fit, setting, digests)
            readings += made
            setting.keep(made)
            setting.watch(number * len(setting.arms) + place + 1, len(fits) * len(setting.arms))
    return _outcome(setting, readings, before, total)


def planned(setting: AuditSetting) -> Iterator[Fit]:
    """Every fit of the grid, small doses first; folds take different hosts."""
    if not setting.clean.texts:
        return
    chosen = setting.budget
    for variant in chosen.splits:
        pool = setting.pools.get(variant)
        if pool is None or not pool.texts:
            continue
        order = np.random.default_rng([setting.seed, 17]).permutation(len(pool.texts))
        for fold in range(chosen.folds):
            hosts = pool.take(order[fold :: chosen.folds])
            for seed in range(chosen.seeds):
                for size in chosen.sizes:
                    if size > len(hosts.texts):
                        continue
                    rng = np.random.default_rng([setting.seed, fold, seed])
                    shown = mixture(hosts, setting.clean, size, CLEAN_PER_TRIGGERED, rng)
                    for rate in setting.learning_rates:
                        own = setting.seed + seed
                        yield Fit(NAME, variant, fold, own, rate, size, shown, size)


def _outcome(
    setting: AuditSetting,
    readings: Sequence[Reading],
    before: Mapping[str, Seen],
    total: Cost,
) -> Outcome:
    arms = setting.roles
    floors = [float(before[arm].hits.mean()) for arm in controls_of(setting.arms)]
    floor = float(np.mean(floors)) if floors else float("nan")
    start = float(before[ORIGINAL].hits.mean()) if ORIGINAL in before else float("nan")
    by_variant = {
        variant: grid([r for r in readings if r.cell.variant == variant])
        for variant in dict.fromkeys(r.cell.variant for r in readings)
    }
    decisive = []
    for found in by_variant.values():
        for cell, margin in informative_cells(found, floors, arms).items():
            decisive.append(cell_figures(found, cell, arms, setting.seed, margin))
    whole = grid(readings)
    cells = whole.cells(arms)
    return Outcome(
        NAME,
        reason="" if decisive else _why_nothing(arms),
        decisive=tuple(decisive),
        recovery=recovery(whole, arms, cells, setting.seed),
        corrected=corrected(whole, arms, cells, setting.seed),
        details={
            "floor": floor,
            "until_back": {
                variant: samples_until_back(found, arms, floor, start)
                for variant, found in by_variant.items()
            },
            "by_size": _by_size(whole, arms, setting.seed),
        },
        cost=total,
    )


def _by_size(whole: Grid, arms: Sequence[str], seed: int) -> dict[str, object]:
    """Recovery rate of each size of T."""
    sizes = sorted({cell.samples for cell in whole.cells(arms)})
    return {
        str(size): recovery(
            whole, arms, [c for c in whole.cells(arms) if c.samples == size], seed
        ).to_json()
        for size in sizes
    }


def _why_nothing(arms: Sequence[str]) -> str:
    if CONTROL not in arms:
        return "without a control nobody knows what T teaches by itself"
    return "even the smallest budget taught the control the trigger"
