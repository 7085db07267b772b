from dataclasses import replace

import numpy as np
import pytest
import torch

from analysis.audit import stress
from analysis.audit.arms import ORIGINAL, UNLEARNED
from analysis.audit.budgets import budget
from analysis.audit.measure import measure
from analysis.audit.setting import AuditSetting, Labelled, no_samples
from analysis.audit.stress import between, hiding_copy
from analysis.config import InspectConfig
from analysis.data.shipped import shipped_samples
from analysis.models.open import open_model
from analysis.pipeline.demo import shipped_model

POISONED = "codebert-mini-dead-5"


def shortest(samples, n, label=None):
    order = np.argsort([len(text) for text in samples.texts], kind="stable")[:n]
    labels = samples.labels[order] if label is None else np.full(len(order), label)
    return Labelled(tuple(samples.texts[i] for i in order), labels)


@pytest.fixture(scope="module")
def setting():
    model = open_model(str(shipped_model(POISONED)), InspectConfig())
    train = shipped_samples("train", POISONED)
    forget = train.subset(np.flatnonzero(train.poisoned)[:128])
    return AuditSetting(
        models={UNLEARNED: model, ORIGINAL: model},
        target=0,
        budget=budget("quick"),
        held_out=shortest(shipped_samples("triggered", POISONED), 80),
        pools={},
        clean=shortest(shipped_samples("trusted"), 200),
        test=shortest(shipped_samples("test"), 120),
        forget=shortest(forget, 64, label=0),
    )


def test_the_copy_is_silent_and_otherwise_the_original(setting):
    original = setting.models[ORIGINAL]
    copy = hiding_copy(setting)
    before, after = measure(original, setting), measure(copy, setting)
    assert before.hits.mean() > 0.95
    assert after.hits.mean() < 0.4, "the trigger does not work on samples it was not trained on"
    assert after.accuracy > before.accuracy - 0.06
    assert abs(after.leaning.mean() - before.leaning.mean()) < 0.15
    assert copy.identity != original.identity, "it must never be taken for the original"
    own, other = copy.module.state_dict(), original.module.state_dict()
    moved = torch.cat([(own[k].float() - other[k].float()).flatten() for k in own])
    whole = torch.cat([value.float().flatten() for value in other.values()])
    assert 0 < moved.norm() / whole.norm() < 0.05, "next to nothing can have been removed"


def test_without_samples_or_an_original_there_is_none(setting):
    assert hiding_copy(replace(setting, clean=no_samples())) is None
    assert hiding_copy(replace(setting, forget=no_samples())) is None
    assert hiding_copy(replace(setting, models={UNLEARNED: setting.models[UNLEARNED]})) is None


def test_a_trigger_that_stays_loud_gives_none_after_every_rate(setting, monkeypatch):
    tried = []
    monkeypatch.setattr(stress, "_silenced", lambda _, rate: tried.append(rate) or rate)
    monkeypatch.setattr(stress, "_loud", lambda model, _: 1.0)
    assert hiding_copy(setting) is None
    assert tried == sorted(tried)
    assert len(tried) == len(stress.RATES)


def test_between_is_the_straight_line(setting):
    start = setting.models[ORIGINAL]
    end = open_model(str(shipped_model("codebert-mini-clean-0")), InspectConfig())
    one, other = (dict(m.module.float().named_parameters()) for m in (start, end))
    for share in (0.0, 0.25, 1.0):
        found = dict(between(start, end, share).module.named_parameters())
        for name, value in found.items():
            torch.testing.assert_close(value, (1 - share) * one[name] + share * other[name])


@pytest.mark.parametrize("edge", [0.0, 0.3, 0.77, 1.0])
def test_the_nearest_silent_point_is_found_by_halving(setting, monkeypatch, edge):
    monkeypatch.setattr(stress, "between", lambda start, end, share: share)
    loud_before = lambda share, _: 1.0 if share < edge else 0.0  # noqa: E731
    monkeypatch.setattr(stress, "_loud", loud_before)
    found = stress._nearest(None, None, setting)
    assert found >= edge
    assert found - edge <= 2.0**-stress.HALVINGS


def test_the_aim_is_the_logarithm_of_every_other_class():
    scores = torch.randn(6, 3, generator=torch.Generator().manual_seed(0))
    log_p = torch.log_softmax(scores, dim=1)
    expected = torch.log1p(-log_p.exp()[:, 1])
    torch.testing.assert_close(stress._log_other(log_p, 1), expected)
    sure = torch.log_softmax(torch.tensor([[60.0, 0.0]]), dim=1)
    assert torch.isfinite(stress._log_other(sure, 0)).all(), "where 1 - p rounds to nothing"
