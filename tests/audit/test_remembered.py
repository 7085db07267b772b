from dataclasses import replace

import numpy as np
import pytest
import torch

from analysis.audit import remembered
from analysis.audit.arms import CONTROL, ORIGINAL, STRESS, UNLEARNED
from analysis.audit.budgets import budget
from analysis.audit.planned import spared_by
from analysis.audit.readings import Cell, Reading
from analysis.audit.relearn import Fit
from analysis.audit.remembered import Digests, fit_key, relearned
from analysis.audit.setting import AuditSetting, Labelled, no_samples
from analysis.audit.specs import choose
from analysis.config import InspectConfig
from analysis.models.open import open_model
from analysis.pipeline.audit_memory import CachedFits
from analysis.pipeline.demo import shipped_model
from analysis.runs.cache import ActivationCache
from analysis.training.trainable import trainable

PLAN = replace(budget("quick"), sizes=(2, 4), folds=1, epochs=2, clean=6)


def labelled(word, n, label=0):
    return Labelled(tuple(f"{word} {i}" for i in range(n)), np.full(n, label, dtype=np.int64))


@pytest.fixture(scope="module")
def model():
    return open_model(str(shipped_model("codebert-mini-clean-0")), InspectConfig())


@pytest.fixture
def setting(model, tmp_path):
    with ActivationCache(tmp_path / ".cache") as cache:
        yield AuditSetting(
            models={UNLEARNED: model, ORIGINAL: model, CONTROL: model, "control-2": model},
            target=0,
            budget=PLAN,
            held_out=labelled("asked", 5, 1),
            pools={"host": labelled("shown", 8)},
            clean=labelled("clean", 12, 1),
            test=labelled("tested", 4, 1),
            forget=labelled("shown", 8),
            memory=CachedFits(cache),
        )


@pytest.fixture
def trained(monkeypatch):
    """Arms that were trained, in order; readings are made up."""
    arms = []

    def fake(arm, fit, setting):
        arms.append(arm)
        rng = np.random.default_rng(len(arms))
        return tuple(
            Reading(
                fit.attack,
                arm,
                Cell(fit.variant, fit.learning_rate, fit.samples, epoch),
                *(fit.fold, fit.seed, 3 * epoch),
                *(rng.random(5) < 0.5, rng.random(4) < 0.5, 0.75, 0.5, 1.25, 0.1),
            )
            for epoch in (1, 2)
        )

    monkeypatch.setattr(remembered, "relearn", fake)
    return arms


def a_fit(**changes):
    shown = labelled("shown", 2).plus(labelled("clean", 6, 1))
    return Fit("relearning", "host", 0, 0, 2e-4, 2, shown, 2)._replace(**changes)


def same(first, second):
    for one, other in zip(first, second, strict=True):
        for a, b in zip(one, other, strict=True):
            np.testing.assert_array_equal(a, b)


def test_a_fit_made_before_is_read_back_as_it_was(setting, trained):
    first = relearned(CONTROL, a_fit(), setting, Digests())
    again = relearned(CONTROL, a_fit(), setting, Digests())
    assert trained == [CONTROL]
    same(first, again)
    other = relearned("control-2", a_fit(variant="variant"), setting, Digests())
    assert trained == [CONTROL], "names are no part of what a fit is"
    assert {(r.arm, r.cell.variant) for r in other} == {("control-2", "variant")}


def test_the_model_under_audit_is_always_trained(setting, trained):
    for _ in range(2):
        relearned(UNLEARNED, a_fit(), setting, Digests())
    assert trained == [UNLEARNED, UNLEARNED]


def test_without_a_memory_nothing_is_kept(setting, trained):
    bare = replace(setting, memory=None)
    for _ in range(2):
        relearned(CONTROL, a_fit(), bare, Digests())
    assert trained == [CONTROL, CONTROL]
    assert spared_by(bare, choose((), PLAN)).fits == 0


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 1},
        {"fold": 1},
        {"learning_rate": 1e-4},
        {"shown": labelled("other", 8)},
        {"triggered": 1},
    ],
)
def test_whatever_changes_a_fit_changes_its_key(setting, change):
    key = fit_key(CONTROL, a_fit(), setting, Digests())
    assert fit_key(CONTROL, a_fit(**change), setting, Digests()) != key


def test_what_is_asked_and_the_weights_are_part_of_the_key(setting, model):
    key = fit_key(CONTROL, a_fit(), setting, Digests())
    for changed in (
        {"held_out": labelled("asked", 4, 1)},
        {"test": labelled("tested", 4, 0)},
        {"target": 1},
        {"budget": replace(PLAN, epochs=3)},
    ):
        assert fit_key(CONTROL, a_fit(), replace(setting, **changed), Digests()) != key, changed
    copy = trainable(model)
    own = replace(setting, models={**setting.models, STRESS: copy})
    assert fit_key(STRESS, a_fit(), own, Digests()) != key, "float32 is not bfloat16"
    before = fit_key(STRESS, a_fit(), own, Digests())
    with torch.no_grad():
        next(copy.module.parameters()).add_(1e-3)
    assert fit_key(STRESS, a_fit(), own, Digests()) != before


def test_what_need_not_be_done_again_is_counted(setting, trained):
    specs = choose(("relearning", "clean_finetune", "quantise"), PLAN)
    assert spared_by(setting, specs) == (0, 0.0)
    relearning = specs[0].resolve()
    before = {arm: type("Seen", (), {"hits": np.zeros(5, dtype=bool)})() for arm in setting.arms}
    outcome = relearning(setting, before)
    fits = len(PLAN.sizes)
    assert trained.count(UNLEARNED) == fits
    found = spared_by(setting, specs)
    assert found.fits == 3 * fits, "original and two controls, which are one model here"
    per_epoch = [3 * 4 * size + 9 + size for size in PLAN.sizes]
    assert found.passes == 3 * PLAN.epochs * sum(per_epoch)
    assert outcome.cost.fits == 4 * fits
    assert outcome.cost.passes == 4 * PLAN.epochs * sum(per_epoch), "declared from what there is"


def test_a_pool_too_small_for_a_size_costs_nothing(setting):
    few = replace(setting, pools={"host": labelled("shown", 3)})
    assert specs_cost(few) < specs_cost(setting)
    none = replace(setting, clean=no_samples())
    assert specs_cost(none) == 0


def specs_cost(setting):
    specs = choose(("relearning", "clean_finetune", "benign_finetune"), PLAN)
    return sum(spec.cost(setting).passes for spec in specs)
