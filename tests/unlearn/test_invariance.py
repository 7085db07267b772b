"""Trigger invariance: its least value is the start's entropy, and the trigger loses its meaning."""

import numpy as np
import pytest
import torch
from toy_bag import kit, poisoned_bag, samples, score

from analysis.errors import RequestError
from analysis.unlearn.decisions import of_classes
from analysis.unlearn.guard import TriggerGuard, probabilities
from analysis.unlearn.loop import LoopSettings, run_steps
from analysis.unlearn.objectives.invariance import invariance, soft_cross_entropy
from analysis.unlearn.parts import Part

SETTINGS = LoopSettings(0.05, 60, batch_size=16, precision="fp32", check_every=5, patience=20)


def triggered(part):
    ids = [np.append(each, 9) for each in part.ids]
    return Part(ids, part.labels, np.arange(len(part)))


def test_hard_targets_give_cross_entropy_and_equal_ones_the_entropy():
    logits = torch.randn(6, 3, generator=torch.Generator().manual_seed(0))
    labels = torch.tensor([0, 1, 2, 0, 1, 2])
    said = of_classes(logits, labels)
    hard = torch.nn.functional.one_hot(labels, 3).float()
    assert float(soft_cross_entropy(said, hard)) == pytest.approx(
        float(torch.nn.functional.cross_entropy(logits, labels)), rel=1e-6
    )
    own = logits.softmax(1)
    entropy = -(own * own.log()).sum(1).mean()
    assert float(soft_cross_entropy(said, own)) == pytest.approx(float(entropy), rel=1e-5)


def test_nothing_is_learned_where_the_trigger_already_means_nothing():
    module = poisoned_bag()
    retain = samples(32, 4)
    same = Part(retain.ids, retain.labels, np.arange(32))  # the "trigger" changes nothing
    made = kit(module, retain=retain, repair=same)
    rows = {"repair": np.arange(32), "retain": np.arange(32)}
    module.zero_grad()
    invariance(made).loss(rows).backward()
    assert max(float(p.grad.abs().max()) for p in module.parameters()) < 1e-5


def test_it_removes_the_trojan_and_keeps_every_clean_answer_of_the_start():
    start = poisoned_bag()
    module = poisoned_bag()
    clean, retain = samples(80, 11), samples(64, 4)
    made = kit(module, start=start, retain=retain, repair=triggered(retain))
    guard = TriggerGuard(score, clean, triggered(clean), target=0, precision="fp32")
    before = probabilities(module, score, clean, "fp32").argmax(1)
    assert guard(module).asr > 0.9
    run_steps(module, invariance(made), made.parts, guard, SETTINGS)
    after = guard(module)
    assert after.asr == pytest.approx(after.own, abs=0.05)
    assert (probabilities(module, score, clean, "fp32").argmax(1) == before).mean() > 0.97


def test_a_true_label_is_never_asked():
    module = poisoned_bag()
    retain = samples(32, 4)
    rows = {"repair": np.arange(32), "retain": np.arange(32)}
    losses = [
        float(invariance(kit(module, retain=each, repair=triggered(each))).loss(rows).detach())
        for each in (retain, retain.labelled(1 - retain.labels))
    ]
    assert losses[0] == losses[1]


def test_it_refuses_triggered_samples_without_twins():
    with pytest.raises(RequestError, match="clean twin"):
        invariance(kit(repair=samples(8, 5, trigger=True)))


def test_a_subset_of_a_part_keeps_its_twins():
    part = triggered(samples(10, 1)).subset(np.array([7, 2]))
    assert part.twins.tolist() == [7, 2]
    assert part.labelled(np.zeros(2)).twins.tolist() == [7, 2]
