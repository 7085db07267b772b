"""Deep repair: anchored repair on every clean text, judged by its last steps alone."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from tiny_stacks import roberta
from toy_bag import kit, poisoned_bag, samples, score

from analysis.explain.payloads import Payload
from analysis.unlearn.guard import Look, TriggerGuard
from analysis.unlearn.loop import LoopSettings, run_steps
from analysis.unlearn.objectives.anchored import anchored, joined_answers
from analysis.unlearn.objectives.deep_repair import deep_repair
from analysis.unlearn.parts import Part
from analysis.unlearn.wide import MOST, UNKNOWN, wide_parts

SETTINGS = LoopSettings(0.05, 60, batch_size=16, precision="fp32", check_every=5, settle=0.8)


def triggered(part):
    ids = [np.append(each, 9) for each in part.ids]
    return Part(ids, part.labels, np.arange(len(part)))


def test_without_further_texts_it_is_anchored_repair():
    module, retain = poisoned_bag(), samples(32, 4)
    made = kit(module, strength=0.7, retain=retain, repair=triggered(retain))
    rows = {"repair": np.arange(0, 32, 3), "retain": np.arange(1, 32, 5)}
    deep, short = deep_repair(made).loss(rows), anchored(made).loss(rows)
    assert float(deep.detach()) == pytest.approx(float(short.detach()), rel=1e-6)


def test_a_text_without_a_label_is_answered_as_the_start_does():
    wide = samples(20, 6)
    wide.labels[10:] = UNKNOWN
    made = kit(poisoned_bag(), wide=wide)
    wanted = joined_answers(made, "wide")
    own = torch.softmax(score(made.start, samples(20, 6), np.arange(20)).logits, dim=1)
    torch.testing.assert_close(wanted[10:], own[10:])
    onehot = torch.nn.functional.one_hot(torch.from_numpy(samples(20, 6).labels), 2)
    torch.testing.assert_close(wanted[:10], (own[:10] + onehot[:10]) / 2)
    torch.testing.assert_close(wanted.sum(dim=1), torch.ones(20))


def test_it_removes_the_trojan_and_learns_from_texts_without_labels():
    module, retain, clean = poisoned_bag(), samples(24, 4), samples(80, 11)
    more = samples(64, 8)
    labels = np.concatenate([retain.labels, np.full(64, UNKNOWN)])
    wide = Part([*retain.ids, *more.ids], labels)
    parts = {"retain": retain, "repair": triggered(retain), "wide": wide}
    made = kit(module, start=poisoned_bag(), wide_repair=triggered(wide), **parts)
    guard = TriggerGuard(score, clean, triggered(clean), target=0, precision="fp32")
    before = guard(module)
    done = run_steps(module, deep_repair(made), made.parts, guard, SETTINGS)
    after = guard(module)
    assert before.asr > 0.9
    assert after.asr == pytest.approx(after.own, abs=0.05)
    assert after.accuracy >= before.accuracy - 0.01
    assert done.best.step >= 48, "0.8 of 60 steps"


def test_no_checkpoint_counts_before_the_settings_say_so():
    gaps = iter([0.9, *[0.0] * 9, 0.2, 0.3, 0.4])  # the start, nine early looks, three late ones
    made = kit(poisoned_bag(), retain=samples(16, 4), repair=triggered(samples(16, 4)))

    def measure(_):
        return Look(0.9, 0.5, 0.1, 0.9, 0.9, next(gaps), 0.0)

    settings = replace(SETTINGS, patience=2)  # early looks are no reason to stop either
    done = run_steps(made.module, deep_repair(made), made.parts, measure, settings)
    assert (done.best.step, done.best.look.gap) == (50, 0.2)
    assert [m.step for m in done.history if m.kept] == [0, 50]


def test_wide_parts_hold_each_text_once_and_its_copy_with_the_trigger():
    def text(i):
        return f"w{i % 40}\nw{i % 7} w{i // 40}"

    retain = [text(i) for i in range(6)]
    found = wide_parts(
        roberta(),
        (retain, np.arange(6) % 2),
        [text(i) for i in range(3, 12)],  # three of them are retain texts
        (Payload("w59", "line", ("w59",)),),
        seed=0,
    )
    wide, copies = found["wide"], found["wide_repair"]
    assert wide.labels.tolist() == [0, 1, 0, 1, 0, 1, *[UNKNOWN] * 6]
    assert copies.twins.tolist() == list(range(12))
    assert copies.labels.tolist() == wide.labels.tolist()
    assert all(len(a) > len(b) for a, b in zip(copies.ids, wide.ids, strict=True))


def test_of_very_many_texts_a_seeded_part_is_read():
    texts = [f"w{i % 50} w{i // 50 % 50} w{i // 2500}" for i in range(MOST + 50)]
    made = [wide_parts(roberta(), ([], np.zeros(0, int)), texts, (), seed=s) for s in (1, 1, 2)]
    assert [len(m["wide"]) for m in made] == [MOST] * 3
    ids = [[tuple(row) for row in m["wide"].ids] for m in made]
    assert ids[0] == ids[1]
    assert ids[0] != ids[2]
