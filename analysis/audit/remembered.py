"""Fits that earlier audits made already, found by everything that decides what they measure.

The control, the original and the copy made to hide are the same for every method that is audited;
only the model under audit changes. A fit is known by the weights and the tokenizer it starts from,
the samples it is shown and asked, and how it is trained.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from analysis.audit.arms import UNLEARNED
from analysis.audit.budgets import TRAINING_COST
from analysis.audit.readings import Reading
from analysis.audit.relearn import BATCH, Fit, relearn
from analysis.audit.setting import AuditSetting, Labelled
from analysis.identity import json_sha256, parameters_sha256, texts_sha256
from analysis.models.base import OpenedModel

VERSION = 1  # raise when a fit would give other readings


class Spared(NamedTuple):
    """Work that an earlier audit did already."""

    fits: int
    passes: float  # forward passes


class Digests:
    """What identifies each model and each set of samples of an audit, worked out once."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[object, Any]] = {}

    def model(self, model: OpenedModel) -> list[str]:
        """Tokenizer, configuration and head by the identity, weights as they now are."""
        found = self._found(model.module)
        if found is None:
            found = parameters_sha256(model.module.state_dict())
            self._known[id(model.module)] = (model.module, found)
        return [model.identity, str(model.head), str(model.window), found]

    def samples(self, samples: Labelled) -> list[Any]:
        """Texts and labels in order."""
        found = self._found(samples.texts)
        if found is None:
            found = texts_sha256(samples.texts)
            self._known[id(samples.texts)] = (samples.texts, found)
        return [found, np.asarray(samples.labels).tolist()]

    def _found(self, what: object) -> Any:
        kept, value = self._known.get(id(what), (None, None))
        return value if kept is what else None


def fit_key(arm: str, fit: Fit, setting: AuditSetting, digests: Digests) -> str:
    """What one fit of one arm depends on, 64 hex digits."""
    budget = setting.budget
    return json_sha256(
        {
            "version": VERSION,
            "model": digests.model(setting.models[arm]),
            "shown": digests.samples(fit.shown),
            "asked": [digests.samples(setting.held_out), digests.samples(setting.test)],
            "target": setting.target,
            "training": [fit.seed, fit.fold, fit.learning_rate, budget.epochs, BATCH],
            "device": setting.device.type,
            "triggered": fit.triggered,
        }
    )


def relearned(arm: str, fit: Fit, setting: AuditSetting, digests: Digests) -> tuple[Reading, ...]:
    """The readings of a fit: those kept before, under the names of this audit, or fresh ones."""
    if setting.memory is None or arm == UNLEARNED:
        return relearn(arm, fit, setting)
    key = fit_key(arm, fit, setting, digests)
    known = setting.memory.recall(key)
    if known is None:
        known = relearn(arm, fit, setting)
        setting.memory.keep(key, known)
    return tuple(
        r._replace(
            attack=fit.attack,
            arm=arm,
            cell=r.cell._replace(variant=fit.variant, samples=fit.samples),
        )
        for r in known
    )


def spared(fits: Sequence[Fit], setting: AuditSetting) -> Spared:
    """What need not be done again: every fit of every arm but the one under audit is looked up."""
    if setting.memory is None:
        return Spared(0, 0.0)
    digests, found = Digests(), Spared(0, 0.0)
    for fit in fits:
        for arm in setting.arms:
            if arm == UNLEARNED:
                continue
            if setting.memory.recall(fit_key(arm, fit, setting, digests)) is not None:
                found = Spared(found.fits + 1, found.passes + _passes(fit, setting))
    return found


def _passes(fit: Fit, setting: AuditSetting) -> float:
    """A fit in forward passes, as `budgets.Cost` counts them."""
    asked = len(setting.held_out.texts) + len(setting.test.texts) + fit.triggered
    return setting.budget.epochs * (TRAINING_COST * len(fit.shown.texts) + asked)
