"""The loop: best inside the budget, early stop, non-finite stop, cancelling, inversion seen."""

import math

import numpy as np
import pytest
import torch
from toy_bag import Bag, kit, poisoned_bag, samples, score

from analysis.unlearn.guard import (
    ForgetGuard,
    Look,
    TriggerGuard,
    better,
    over_budget,
    probabilities,
    with_floor,
)
from analysis.unlearn.kit import Plan
from analysis.unlearn.loop import LoopSettings, run_steps
from analysis.unlearn.objectives.ascent import ga, grad_diff
from analysis.unlearn.objectives.relabel import relabel
from analysis.unlearn.objectives.repair import repair
from analysis.unlearn.parts import Part, batches

SETTINGS = LoopSettings(0.05, 60, batch_size=16, precision="fp32", check_every=5, patience=20)


def guard(n=80):
    clean = samples(n, 11)
    hit = Part([np.append(ids, 9) for ids in clean.ids], clean.labels)
    return TriggerGuard(score, clean, hit, target=0, precision="fp32")


def parts():
    forget = samples(32, 3, trigger=True, label=0)
    return {
        "forget": forget,
        "corrected": forget.labelled(np.ones(32)),
        "retain": samples(64, 4),
        "repair": samples(64, 5, trigger=True),
    }


def look(accuracy, gap, slack=0.0):
    return Look(accuracy, 0.5, 0.1, 0.9, 0.9, gap, slack)


def state(module):
    return torch.cat([p.detach().flatten() for p in module.parameters()])


def test_the_guard_sees_the_trojan_before_anything_is_done():
    seen = guard()(poisoned_bag())
    assert seen.accuracy > 0.95
    assert seen.asr > 0.95
    assert seen.floor < 0.05
    assert seen.gap > 0.8
    assert not seen.inverted


def test_a_clean_model_shows_no_gap():
    module = Bag()
    clean, hit = samples(128, 1), samples(64, 2, trigger=True)
    optimiser = torch.optim.Adam(module.parameters(), lr=0.05)
    for _ in range(150):
        said = [score(module, p, np.arange(len(p))) for p in (clean, hit)]
        loss = sum(torch.nn.functional.cross_entropy(d.logits, d.targets) for d in said)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    seen = guard()(module)
    assert seen.gap < 0.1
    assert not seen.inverted


def test_repair_removes_and_relabelling_alone_inverts():
    found = {}
    for build in (repair, relabel):
        module = poisoned_bag()
        made = kit(module, **parts())
        run_steps(module, build(made), made.parts, guard(), SETTINGS)
        found[build.__name__] = guard()(module)
    assert found["repair"].asr < 0.1
    assert found["repair"].accuracy > 0.95
    assert not found["repair"].inverted
    module = poisoned_bag()
    made = kit(module, **parts())
    always = iter(range(1000))
    last = SETTINGS.__class__(**{**SETTINGS.__dict__, "steps": 120})
    run_steps(
        module, relabel(made), made.parts, lambda _: look(1.0, -next(always)), last
    )  # keeps the last step
    assert guard()(module).inverted


def test_the_best_checkpoint_is_kept_and_not_the_last():
    module = poisoned_bag()
    gaps = iter([1.0, 0.4, 0.2, 0.9, 0.9, 0.9])
    kept = {}

    def measure(current):
        gap = next(gaps)
        kept[gap] = state(current)
        return look(0.9, gap)

    made = kit(module)
    result = run_steps(
        module,
        grad_diff(made),
        made.parts,
        measure,
        LoopSettings(0.01, 25, precision="fp32", check_every=5),
    )
    assert result.best.step == 10
    assert torch.equal(state(module), kept[0.2])
    assert [m.step for m in result.history if m.kept] == [0, 5, 10]


def test_a_smaller_gap_outside_the_accuracy_budget_is_not_better():
    start = look(0.90, 0.8)
    assert better(look(0.895, 0.5), start, 0.90, 0.01)
    assert not better(look(0.80, 0.0), start, 0.90, 0.01)
    assert better(look(0.895, 0.5), look(0.80, 0.0), 0.90, 0.01)
    assert over_budget(look(0.88, 0.1, slack=0.02), 0.90, 0.01) == 0
    assert over_budget(look(0.86, 0.1, slack=0.02), 0.90, 0.01) == pytest.approx(0.01)


def test_it_stops_early_without_progress():
    module = poisoned_bag()
    made = kit(module)
    settings = LoopSettings(0.01, 500, precision="fp32", check_every=2, patience=3)
    result = run_steps(module, ga(made), made.parts, lambda _: look(0.9, 0.5), settings)
    assert result.history[-1].step == 6
    assert "no better checkpoint" in result.stopped
    assert result.best.step == 0


def test_a_loss_that_is_not_finite_ends_it_with_the_best_so_far():
    module = poisoned_bag()
    made = kit(module)
    before = state(module)
    plan = ga(made)
    broken = Plan(lambda rows: plan.loss(rows) * float("nan"), plan.parts)
    result = run_steps(module, broken, made.parts, lambda _: look(0.9, 0.5), SETTINGS)
    assert "not finite" in result.stopped
    assert torch.equal(state(module), before)
    assert len(result.history) == 1


def test_cancelling_keeps_the_best_so_far():
    module = poisoned_bag()
    made = kit(module, **parts())

    def stop(moment):
        if moment.step == 12:
            raise KeyboardInterrupt

    result = run_steps(module, repair(made), made.parts, guard(), SETTINGS, on_moment=stop)
    assert result.cancelled
    assert "best" in result.stopped
    assert 0 < result.best.step <= 10
    assert guard()(module).gap == pytest.approx(result.best.look.gap, abs=1e-6)


def test_the_same_seed_gives_the_same_weights():
    states = []
    for seed in (0, 0, 1):
        module = poisoned_bag()
        made = kit(module, **parts())
        settings = LoopSettings(0.05, 8, batch_size=4, precision="fp32", seed=seed)
        run_steps(module, repair(made), made.parts, guard(), settings)
        states.append(state(module))
    assert torch.equal(states[0], states[1])
    assert not torch.equal(states[0], states[2])


def test_a_clip_bounds_the_step_and_the_history_says_the_norm_before_it():
    module = poisoned_bag()
    made = kit(module)
    result = run_steps(module, ga(made), made.parts, lambda _: look(1, 1), SETTINGS)
    assert all(math.isfinite(m.gradient_norm) for m in result.history[1:])
    assert result.history[1].row("full")["phase"] == "full"


def test_without_a_trigger_held_out_flagged_samples_stand_in():
    flagged = samples(20, 12, trigger=True, label=0)
    found = ForgetGuard(score, samples(80, 11), flagged, target=0, precision="fp32")
    before = found(poisoned_bag())
    assert before.asr > 0.95
    assert before.target_triggered is None
    reference = Bag()
    floored = with_floor(found, (reference,))
    expected = probabilities(reference, score, flagged, "fp32").argmax(1) == 0
    assert floored.floor.victims == pytest.approx(expected.mean())


def test_an_epoch_of_batches_visits_every_row_once():
    part = samples(50, 1)
    stream = batches(part, 8, (0, 1))
    seen = np.concatenate([next(stream) for _ in range(7)])
    assert sorted(seen.tolist()) == list(range(50))
