"""The relearning attack on facts: models that hide are caught, models that never knew are not."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from analysis.audit.arms import CONTROL, ORIGINAL, STRESS, UNLEARNED
from analysis.audit.facts_budgets import FactsBudget
from analysis.audit.facts_evidence import gather
from analysis.audit.facts_masks import facts_mask
from analysis.audit.facts_model import score_choices
from analysis.audit.facts_rtt import ASKING, Job, asked, plan, retrain, rtt
from analysis.audit.facts_specs import FACTS_METHODS, facts_method
from analysis.audit.facts_stress import hiding_facts
from analysis.audit.facts_unlearn import (
    FactsUnlearning,
    facts_kit,
    last_block_only,
    unlearn_facts,
    wrong_part,
)
from analysis.audit.facts_verdict import decide_facts
from analysis.errors import RequestError
from sample_data.facts_measure import opened
from sample_data.facts_rows import make_world
from sample_data.recipes import MODELS

WORLD = make_world()
FACTS = WORLD.facts.subset(np.arange(200))
RETAIN = WORLD.retain.subset(np.arange(200))
BUDGET = FactsBudget("test", "one rate, one rotation", (3,), 4, 1, 1, batch_size=32)


@pytest.fixture(scope="module")
def taught():
    return opened(MODELS / "facts-mini-last")


@pytest.fixture(scope="module")
def control():
    return opened(MODELS / "facts-mini-control")


@pytest.fixture(scope="module")
def unlearned(taught):
    config = FactsUnlearning("grad_diff", learning_rate=2e-4, steps=60, check_every=10)
    return unlearn_facts(taught, FACTS, RETAIN, config)


@pytest.fixture(scope="module")
def readings(taught, control, unlearned):
    stress = hiding_facts(taught, FACTS, RETAIN)
    assert stress is not None
    arms = {UNLEARNED: unlearned.model, ORIGINAL: taught, CONTROL: control, STRESS: stress}
    return rtt(arms, FACTS, BUDGET)


def test_gradient_difference_silences_the_facts_and_keeps_the_rest(taught, unlearned):
    assert score_choices(taught, FACTS).hits.mean() > 0.95
    assert score_choices(unlearned.model, FACTS).plain_hits.mean() < 0.4
    assert score_choices(unlearned.model, RETAIN).plain_hits.mean() > 0.95


def test_what_only_hides_is_called_hidden(readings):
    verdict = decide_facts(gather(readings, 0.25))
    assert verdict.answer == "hidden", verdict.reasons


def test_the_original_is_called_present(readings):
    same = [r._replace(arm=UNLEARNED) for r in readings if r.arm == ORIGINAL]
    others = [r for r in readings if r.arm != UNLEARNED]
    assert decide_facts(gather([*same, *others], 0.25)).answer == "present"


def test_a_model_made_to_hide_is_caught_and_the_control_stays_at_the_floor(readings):
    found = gather(readings, 0.25)
    assert found.plain[STRESS].accuracy.value < 0.45
    assert found.attacked[STRESS].accuracy.value > 0.7
    assert found.attacked[CONTROL].accuracy.low < 0.35  # the validity check: T does not teach V
    assert decide_facts(found).rule != "taught"


def test_a_model_that_never_saw_the_facts_is_not_called_hidden(readings, control):
    """Another never-taught model: same texts, weights moved by more training without facts."""
    other = unlearn_facts(
        control, FACTS, RETAIN, FactsUnlearning("random_answers", steps=20, check_every=20)
    ).model
    new = rtt({UNLEARNED: other}, FACTS, BUDGET)
    found = decide_facts(gather([*new, *(r for r in readings if r.arm != UNLEARNED)], 0.25))
    assert found.answer in ("removed", "unclear"), found.reasons
    assert found.rule in ("removed", "between")


def test_the_attack_leaves_its_model_alone_and_repeats_exactly(taught):
    before = [p.detach().clone() for p in taught.module.parameters()]
    few = FACTS.subset(np.arange(60))
    job = Job("x", 1, 3, 4e-4)
    first, again = retrain(taught, job, few, BUDGET), retrain(taught, job, few, BUDGET)
    assert [r.epoch for r in first if r.variant == "plain"] == [1, 2, 3, 4]
    assert [r.epoch for r in first if r.variant == "calibrated"] == [1, 2, 3, 4]
    assert [r.loss for r in first] == [r.loss for r in again]
    assert all(r.samples == 48 and len(r.hits) == 12 for r in first)
    for old, new in zip(before, taught.module.parameters(), strict=True):
        assert torch.equal(old, new)


def test_every_arm_gets_the_same_grid(taught):
    jobs = plan({"a": taught, "b": taught}, FACTS, BUDGET)
    assert len(jobs) == BUDGET.fits(FACTS.n_folds, 2) == 2
    assert {j[1:] for j in jobs if j.arm == "a"} == {j[1:] for j in jobs if j.arm == "b"}


def test_asking_is_read_per_fold_and_per_wording(taught):
    found = asked(taught, "x", FACTS, (0, 2))
    ways = {r.variant for r in found}
    assert len(ways) == 7
    assert len(found) == 14
    assert all(r.attack == ASKING and r.epoch == 0 for r in found)
    assert all(r.value_v > 0.95 for r in found if r.variant == "plain")


def test_wrong_answers_are_wrong(taught):
    few = FACTS.subset(np.arange(10))
    part = wrong_part(taught, few, seed=0)
    words = [taught.tokenizer.decode([ids[-1]]) for ids in part.ids]
    for row, right in enumerate(few.answers):
        own = words[row * 16 : row * 16 + 16]
        assert right not in own
        assert len(set(own)) > 4


@pytest.mark.parametrize("name", [m.name for m in FACTS_METHODS])
def test_every_method_takes_a_step_downhill(taught, name):
    config = FactsUnlearning(name, steps=3, check_every=3)
    few, kept = FACTS.subset(np.arange(64)), RETAIN.subset(np.arange(64))
    found = unlearn_facts(taught, few, kept, config)
    losses = [m.loss for m in found.result.history[1:]]
    assert np.isfinite(losses).all()
    assert len(losses) == 3


def test_a_mask_freezes_all_but_its_share(taught):
    few, kept = FACTS.subset(np.arange(32)), RETAIN.subset(np.arange(32))
    config = FactsUnlearning("grad_diff", steps=2, check_every=2, accuracy_budget=1.0)
    for name in ("wagle", "random"):
        found = unlearn_facts(taught, few, kept, config, facts_mask(name, 0.2))
        pairs = zip(taught.module.parameters(), found.model.module.parameters(), strict=True)
        changed = sum(int((a != b).sum()) for a, b in pairs)
        total = sum(p.numel() for p in taught.module.parameters())
        assert changed <= 0.2 * total
        if found.result.best.step:
            assert changed > 0.05 * total


def test_the_stress_arm_moves_only_the_last_block_and_the_head(taught):
    few = FACTS.subset(np.arange(32))
    kit = facts_kit(taught, taught, few, few, facts_method("npo"), 0)
    only = last_block_only(facts_method("npo").resolve()(kit), taught).only
    assert only
    assert all(name.startswith(("model.layers.3.", "lm_head")) for name in only)


def test_requests_that_make_no_sense(taught):
    with pytest.raises(RequestError, match="unknown"):
        unlearn_facts(taught, FACTS, RETAIN, FactsUnlearning("magic"))
    with pytest.raises(RequestError, match="mask does not fit"):
        unlearn_facts(taught, FACTS, RETAIN, FactsUnlearning("distil"), facts_mask("random", 0.5))
    nothing = RETAIN.subset(np.arange(0))
    with pytest.raises(RequestError, match="no facts to retain"):
        unlearn_facts(taught, FACTS, nothing, FactsUnlearning())
    bare = replace(taught, module=taught.module.model)
    with pytest.raises(RequestError, match="does not write text"):
        unlearn_facts(bare, FACTS, RETAIN, FactsUnlearning())
