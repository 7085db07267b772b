"""Anchored repair is the mean of repair and invariance, and the trigger loses its meaning."""

import numpy as np
import pytest
from toy_bag import Bag, kit, poisoned_bag, samples, score

from analysis.errors import RequestError
from analysis.unlearn.guard import TriggerGuard
from analysis.unlearn.loop import LoopSettings, run_steps
from analysis.unlearn.objectives.anchored import anchored
from analysis.unlearn.objectives.invariance import invariance
from analysis.unlearn.objectives.repair import repair
from analysis.unlearn.parts import Part

SETTINGS = LoopSettings(0.05, 60, batch_size=16, precision="fp32", check_every=5, patience=20)


def triggered(part):
    ids = [np.append(each, 9) for each in part.ids]
    return Part(ids, part.labels, np.arange(len(part)))


@pytest.mark.parametrize("strength", [0.3, 1.0, 4.0])
def test_its_loss_is_the_mean_of_repair_and_invariance(strength):
    module, retain = poisoned_bag(), samples(32, 4)
    made = kit(module, Bag(7), strength, retain=retain, repair=triggered(retain))
    rows = {"repair": np.arange(0, 32, 3), "retain": np.arange(1, 32, 5)}
    losses = [float(build(made).loss(rows).detach()) for build in (anchored, repair, invariance)]
    assert losses[0] == pytest.approx((losses[1] + losses[2]) / 2, rel=1e-5)
    assert losses[1] != pytest.approx(losses[2], rel=1e-3)


def test_it_removes_the_trojan_and_keeps_the_accuracy():
    module, retain, clean = poisoned_bag(), samples(64, 4), samples(80, 11)
    made = kit(module, start=poisoned_bag(), retain=retain, repair=triggered(retain))
    guard = TriggerGuard(score, clean, triggered(clean), target=0, precision="fp32")
    before = guard(module)
    run_steps(module, anchored(made), made.parts, guard, SETTINGS)
    after = guard(module)
    assert before.asr > 0.9
    assert after.asr == pytest.approx(after.own, abs=0.05)
    assert after.accuracy >= before.accuracy - 0.01


def test_it_refuses_triggered_samples_without_twins():
    with pytest.raises(RequestError, match="clean twin"):
        anchored(kit(repair=samples(8, 5, trigger=True)))
