"""Membership inference: can one tell the forgotten samples from triggered ones never trained on?

Yeom et al. 2018, https://arxiv.org/abs/1709.01604: members have lower loss. Members are the forget
set with the label it was trained on, non-members V with the same label. A model that never saw the
forget set stands at 0.5 but for differences between the two sets, so the control is the measure.
Needs: a forget set and V.
Blind spot: attacks with shadow models; a trojan generalises, so a low value proves little.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from analysis.audit.arms import UNLEARNED, controls_of
from analysis.audit.budgets import Cost, reading_cost
from analysis.audit.measure import Seen
from analysis.audit.outcome import Outcome, skipped
from analysis.audit.setting import AuditSetting
from analysis.behaviour.predict import predict

NAME = "membership"
FEWEST = 20
DRAWS = 500


def cost(setting: AuditSetting) -> Cost:
    """What it will take."""
    return reading_cost(setting.budget, len(setting.arms), 2)


def membership(setting: AuditSetting, before: Mapping[str, Seen]) -> Outcome:
    """AUC of "lower loss means member" per arm, and what the unlearned has over the control."""
    del before
    limit = setting.budget.held_out
    members, others = setting.forget.texts[:limit], setting.held_out.texts
    if min(len(members), len(others)) < FEWEST:
        return skipped(NAME, f"fewer than {FEWEST} forgotten or held-out samples")
    scores: dict[str, np.ndarray] = {}
    for place, arm in enumerate(setting.arms, start=1):
        found = predict(setting.models[arm], (*members, *others), setting.device)
        scores[arm] = np.log(np.maximum(found[:, setting.target], 1e-12))
        setting.watch(place, len(setting.arms))
    n = len(members)
    details: dict[str, object] = {
        "auc": {arm: auc(score[:n], score[n:]) for arm, score in scores.items()},
        "n": [n, len(others)],
    }
    if controls := controls_of(setting.arms):
        leads = [_lead(scores[UNLEARNED], scores[arm], n, setting.seed) for arm in controls]
        details["lead_over_control"] = min(leads, key=lambda lead: lead["value"])
    return Outcome(NAME, details=details, cost=cost(setting))


def auc(members: np.ndarray, others: np.ndarray) -> float:
    """Chance that a member scores above a non-member, ties half: Mann-Whitney's U / (n m)."""
    order = np.concatenate([members, others])
    values, inverse, counts = np.unique(order, return_inverse=True, return_counts=True)
    del values
    ends = np.cumsum(counts)
    ranks = (ends - (counts - 1) / 2)[inverse]
    n, m = len(members), len(others)
    return float((ranks[:n].sum() - n * (n + 1) / 2) / (n * m))


def _lead(own: np.ndarray, control: np.ndarray, n: int, seed: int) -> dict[str, float]:
    """Difference of AUCs with its 95 % bootstrap interval over samples, the same for both arms."""
    rng = np.random.default_rng([seed, 37])
    m = len(own) - n

    def difference(first: np.ndarray, second: np.ndarray) -> float:
        return auc(own[first], own[second]) - auc(control[first], control[second])

    drawn = [difference(rng.integers(0, n, n), n + rng.integers(0, m, m)) for _ in range(DRAWS)]
    low, high = np.percentile(drawn, (2.5, 97.5))
    value = difference(np.arange(n), n + np.arange(m))
    return {"value": value, "low": float(low), "high": float(high)}
