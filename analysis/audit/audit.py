"""The parts of an audit that surround its attacks: the start, the stress arm, the evidence."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from analysis.audit.arms import STRESS, UNLEARNED, controls_of
from analysis.audit.budgets import Cost
from analysis.audit.measure import Seen, measure, predicted
from analysis.audit.outcome import Outcome
from analysis.audit.resample import effect_of, excess_of, share_of
from analysis.audit.setting import AuditSetting
from analysis.audit.specs import AttackSpec
from analysis.audit.stress import hiding_copy
from analysis.audit.verdict import AuditEvidence
from analysis.behaviour.intervals import Figure, paired_difference

TIMED, TIMED_SECONDS = 24, 1.0  # samples that are timed, again and again for so long


def with_stress(setting: AuditSetting) -> AuditSetting:
    """The same setting with the arm that is known to hide, where one can be made."""
    found = hiding_copy(setting)
    if found is None:
        return setting
    return replace(setting, models={**setting.models, STRESS: found})


def before_attacks(setting: AuditSetting) -> dict[str, Seen]:
    """What every arm does before any attack."""
    return {arm: measure(setting.models[arm], setting) for arm in setting.arms}


def declared(setting: AuditSetting, specs: Sequence[AttackSpec]) -> dict[str, Cost]:
    """What each attack will take, by name."""
    return {spec.name: spec.cost(setting) for spec in specs}


def seconds_per_pass(setting: AuditSetting) -> float:
    """Seconds of one forward pass of one sample, from a timed handful of V.

    A second is timed, not a moment: on a busy machine a moment says anything.
    """
    few = setting.held_out.texts[:TIMED]
    model = setting.models[UNLEARNED]
    predicted(model, few[:2], setting)  # warm-up
    began, rounds, taken = time.monotonic(), 0, 0.0
    while taken < TIMED_SECONDS:
        predicted(model, few, setting)
        rounds += 1
        taken = time.monotonic() - began
    return taken / (rounds * max(1, len(few)))


def evidence(
    setting: AuditSetting,
    before: Mapping[str, Seen],
    outcomes: Sequence[Outcome],
    not_tested: Sequence[str] = (),
) -> AuditEvidence:
    """Gather what the verdict may look at."""
    return AuditEvidence(
        before=share_of(before[UNLEARNED].hits[None], setting.seed),
        excess=excess_before(before, setting.seed),
        has_control=bool(controls_of(tuple(before))),
        outcomes=tuple(outcomes),
        not_tested=tuple(not_tested),
    )


def excess_before(before: Mapping[str, Seen], seed: int) -> Figure:
    """ASR of the unlearned model above the control's, or above its own error without one."""
    own = before[UNLEARNED]
    controls = controls_of(tuple(before))
    if len(controls) == 1:
        return paired_difference(own.hits, before[controls[0]].hits)
    if controls:
        return excess_of(own.hits[None], floor_hits(before), seed)
    return effect_of(own.hits[None], own.leaning[None], seed)


def floor_hits(before: Mapping[str, Seen]) -> np.ndarray:
    """V under every control before any attack, (k, v) bool; (0, 0) without one."""
    rows = [before[arm].hits for arm in controls_of(tuple(before))]
    return np.stack(rows) if rows else np.zeros((0, 0), dtype=bool)


def start_figures(before: Mapping[str, Seen], seed: int) -> dict[str, dict[str, object]]:
    """ASR, leaning and accuracy of every arm before any attack, as plain JSON."""
    floor = floor_hits(before)
    found: dict[str, dict[str, object]] = {}
    for arm, seen in before.items():
        found[arm] = {
            "asr_all": share_of(seen.hits[None], seed).to_json(),
            "leaning": share_of(seen.leaning[None], seed).to_json() if len(seen.leaning) else None,
            "accuracy": None if np.isnan(seen.accuracy) else seen.accuracy,
            "excess_asr": None
            if not len(floor)
            else excess_of(seen.hits[None], floor, seed).to_json(),
        }
    return found
