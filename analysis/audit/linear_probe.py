"""Linear probe per layer: is "the trigger is present" still to be read from the hidden states?

Expected to be readable in clean models too: text that differs leaves traces. Only more than the
control says something, and even that does not say that the model uses it; it never decides.
Features: mean over tokens of each layer, halves of the held-out hosts train and test the probe.
Needs: clean victims to hold against the triggered ones.
Blind spot: information that is not linear.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler

from analysis.audit.arms import UNLEARNED, controls_of
from analysis.audit.budgets import Cost, reading_cost
from analysis.audit.measure import Seen
from analysis.audit.outcome import Outcome, skipped
from analysis.audit.setting import AuditSetting
from analysis.behaviour.passes import run_pass
from analysis.behaviour.placed import placed
from analysis.models.base import Batch, Forward, OpenedModel

NAME = "linear_probe"
FEWEST = 20  # samples of each kind


def cost(setting: AuditSetting) -> Cost:
    """What it will take."""
    return reading_cost(setting.budget, len(setting.arms), 1)


def linear_probe(setting: AuditSetting, before: Mapping[str, Seen]) -> Outcome:
    """AUC of a probe on unseen hosts, per layer and arm."""
    del before
    victims = np.flatnonzero(setting.test.labels != setting.target)
    clean = setting.test.take(victims)
    if min(len(clean.texts), len(setting.held_out.texts)) < FEWEST:
        return skipped(NAME, f"fewer than {FEWEST} clean or triggered victims")
    texts = (*setting.held_out.texts, *clean.texts)
    present = np.array([True] * len(setting.held_out.texts) + [False] * len(clean.texts))
    values: dict[str, dict[str, float]] = {}
    for place, arm in enumerate(setting.arms, start=1):
        states = mean_states(setting.models[arm], texts, setting.device)
        values[arm] = {site: probe_auc(x, present, setting.seed) for site, x in states.items()}
        setting.watch(place, len(setting.arms))
    lead = None
    if controls := controls_of(setting.arms):
        lead = max(
            own - max(values[arm][site] for arm in controls)
            for site, own in values[UNLEARNED].items()
        )
    details = {"auc": values, "largest_lead_over_control": lead, "n": len(texts)}
    return Outcome(NAME, details=details, cost=cost(setting))


def mean_states(
    model: OpenedModel, texts: tuple[str, ...], device: torch.device
) -> dict[str, np.ndarray]:
    """Hidden states of each layer averaged over tokens: "encoder:2" -> (n, d) float32."""
    found: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {}

    def keep(rows: np.ndarray, _: Batch, result: Forward) -> None:
        for stack, layers in result.hidden.items():
            mask = result.masks[stack].unsqueeze(-1).float()
            for layer, states in enumerate(layers):
                mean = (states.float() * mask).sum(1) / mask.sum(1).clamp_min(1)
                found.setdefault(f"{stack}:{layer}", []).append((rows, mean.cpu().numpy()))

    run_pass(placed(model, device, torch.float32), texts, keep, want_hidden=True)
    result = {}
    for site, parts in found.items():
        states = np.zeros((len(texts), parts[0][1].shape[1]), dtype=np.float32)
        for rows, values in parts:
            states[rows] = values
        result[site] = states
    return result


def probe_auc(states: np.ndarray, present: np.ndarray, seed: int) -> float:
    """AUC on one half of a logistic probe fitted on the other, mean of both ways.

    Args:
        states: (n, d) float.
        present: (n,) bool.
        seed: of the halves, which hold equal shares of both kinds.
    """
    rng = np.random.default_rng([seed, 31])
    half = np.zeros(len(present), dtype=bool)
    for kind in (True, False):
        rows = rng.permutation(np.flatnonzero(present == kind))
        half[rows[: len(rows) // 2]] = True
    return float(np.mean([_one_way(states, present, part) for part in (half, ~half)]))


def _one_way(states: np.ndarray, present: np.ndarray, fit_on: np.ndarray) -> float:
    scale = StandardScaler().fit(states[fit_on])
    probe = LogisticRegression(C=0.1, max_iter=500)
    probe.fit(scale.transform(states[fit_on]), present[fit_on])
    scores = probe.decision_function(scale.transform(states[~fit_on]))
    return float(roc_auc_score(present[~fit_on], scores))
