"""Growing masks with undo per step, and low-rank adapters that end in a plain checkpoint."""

import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
from tiny_stacks import roberta, t5

from analysis.errors import RequestError
from analysis.explain.payloads import Payload
from analysis.models.base import Batch
from analysis.records import SampleSet
from analysis.training.trainable import class_logits, trainable
from analysis.unlearn import loop, progressive
from analysis.unlearn.engine import UnlearnConfig, UnlearnData, unlearn
from analysis.unlearn.guard import Look, TriggerGuard
from analysis.unlearn.lora import adapter_tensors, add_adapters, merged_parameters
from analysis.unlearn.state import stored_state, with_parameters

QUICK = UnlearnConfig(
    steps=3, check_every=1, batch_size=4, precision="fp32", learning_rate=1e-2,
    accuracy_budget=1.0, method="repair",
)  # fmt: skip
BY_MODEL = pytest.mark.parametrize("make", [roberta, t5], ids=["roberta", "t5"])


def texts(n, seed, trigger=False):
    rng = np.random.default_rng(seed)
    lines = [
        [" ".join(f"w{k}" for k in rng.integers(0, 50, 4)) for _ in range(3)] for _ in range(n)
    ]
    return tuple("\n".join([a, "w59", b, c] if trigger else [a, b, c]) for a, b, c in lines)


def data():
    forget = SampleSet(tuple("abcdefgh"), texts(8, 2, True), np.zeros(8, dtype=np.int64))
    retain = SampleSet(tuple(f"r{i}" for i in range(40)), texts(40, 1), np.arange(40) % 2)
    return UnlearnData(forget, retain, triggers=(Payload("w59", "line", ("w59",)),))


def batch():
    ids = torch.arange(3, 19).view(2, 8)
    return Batch(ids, torch.ones_like(ids))


@BY_MODEL
def test_an_adapter_changes_nothing_at_first_and_merges_into_the_same_answers(make):
    pytest.importorskip("peft")
    work = trainable(make())
    before = class_logits(work, batch()).detach()
    module = with_parameters(work.module, {})
    add_adapters(module, rank=2, seed=0)
    wrapped = replace(work, module=module)
    torch.testing.assert_close(class_logits(wrapped, batch()).detach(), before)
    with torch.no_grad():
        for name, p in module.named_parameters():
            if "lora_" in name:
                p.add_(0.05 * torch.randn(p.shape, generator=torch.Generator().manual_seed(1)))
    adapted = class_logits(wrapped, batch()).detach()
    assert (adapted - before).abs().max() > 1e-3
    merged = merged_parameters(module)
    assert set(merged) == {name for name, _ in work.module.named_parameters()}
    plain = replace(work, module=with_parameters(work.module, merged))
    torch.testing.assert_close(class_logits(plain, batch()).detach(), adapted, atol=1e-5, rtol=1e-4)


@BY_MODEL
def test_with_adapters_only_linear_layers_of_blocks_change_and_by_low_rank(make, monkeypatch):
    pytest.importorskip("peft")
    monkeypatch.setattr(loop, "better", lambda *_: True)  # random models get no better
    suspect = make()
    result = unlearn(suspect, data(), replace(QUICK, lora=2))
    assert result.step > 0
    own = stored_state(suspect, suspect.module)
    changed = [name for name in own if not torch.equal(own[name], result.state[name])]
    assert changed
    assert set(changed) <= {n.split(".lora_")[0] + ".weight" for n in result.adapter}
    for name in changed:
        singular = torch.linalg.svdvals((result.state[name] - own[name]).double())
        assert (singular > 1e-4 * singular[0]).sum() <= 2
    back = result.delta.undo(stored_state(suspect, with_loaded(suspect, result.state)))
    assert all(torch.equal(back[name], own[name]) for name in own)


def with_loaded(model, state):
    module = with_parameters(model.module, {})
    module.load_state_dict(dict(state))
    return module


def test_adapters_refuse_masks_and_methods_that_work_by_name(monkeypatch):
    with pytest.raises(RequestError, match="exclude one another"):
        UnlearnConfig(lora=4, mask="wagle")
    with pytest.raises(RequestError, match="does not go with --lora"):
        unlearn(roberta(), data(), replace(QUICK, method="lya", lora=4))
    monkeypatch.setitem(sys.modules, "peft", None)
    with pytest.raises(RequestError, match="needs the package peft"):
        add_adapters(roberta().module, 2, 0)


def test_adapters_are_small_and_seeded():
    pytest.importorskip("peft")
    found = []
    for _ in range(2):
        module = with_parameters(trainable(roberta()).module, {})
        add_adapters(module, 2, seed=5)
        found.append(adapter_tensors(module))
    assert all(torch.equal(found[0][name], found[1][name]) for name in found[0])
    assert all(2 in value.shape for value in found[0].values())


def test_progressive_needs_a_mask():
    with pytest.raises(RequestError, match="needs a mask"):
        UnlearnConfig(progressive=True)


@pytest.fixture
def looks(monkeypatch):
    """Stages that reach given (accuracy, asr); the weights really change."""
    real = progressive.run_choice

    def given(*values):
        left = list(values)

        def fake(*args, **kwargs):
            accuracy, asr = left.pop(0)
            done = real(*args, **kwargs)
            look = Look(accuracy, asr, 0.1, 0.9, 0.9, abs(asr - 0.1), own=0.1)
            return replace(done, look=look, step=3)

        before = Look(1.0, 1.0, 0.1, 0.9, 0.9, 0.9, own=0.1)
        monkeypatch.setattr(TriggerGuard, "__call__", lambda *_: before)
        monkeypatch.setattr(loop, "better", lambda *_: True)
        monkeypatch.setattr(progressive, "run_choice", fake)
        return left

    return given


def staged(**changed):
    config = replace(QUICK, mask="magnitude", progressive=True, check_every=3, **changed)
    suspect = roberta()
    return suspect, unlearn(suspect, data(), config)


def test_growing_masks_keep_what_helps_undo_what_does_not_and_stop_when_it_is_good(looks):
    left = looks((1.0, 0.8), (1.0, 0.9), (1.0, 0.5), (1.0, 0.11), (1.0, 0.1))
    suspect, result = staged()
    assert [stage.kept for stage in result.stages] == [True, False, True, True]
    assert len(left) == 1  # the goals are met at 10 %, 20 % is not tried
    assert result.stages[1].note.startswith("undone")
    assert result.stages[1].delta is None
    assert "1%, 5%, 10% of 4 tried" in result.chosen["why"]
    states = [stored_state(suspect, suspect.module)]
    total = sum(p.numel() for p in suspect.module.parameters() if p.dim() >= 2)
    for stage in result.stages:
        if stage.kept:
            states.append(stage.delta.apply(states[-1]))
            moved = sum(
                int((a != b).sum())
                for a, b in zip(states[0].values(), states[-1].values(), strict=True)
            )
            assert 0 < moved <= round(stage.ratio * total)  # masks are nested
    last = states[-1]
    assert all(torch.equal(last[name], result.state[name]) for name in last)
    for stage, before in zip(
        reversed([s for s in result.stages if s.kept]), reversed(states[:-1]), strict=True
    ):
        last = stage.delta.undo(last)
        assert all(torch.equal(last[name], before[name]) for name in before)


def test_where_no_stage_helps_nothing_changes(looks):
    looks(*[(0.0, 1.0)] * 5)
    suspect, result = staged()
    assert not any(stage.kept for stage in result.stages)
    assert not result.delta.bits
    assert result.step == 0
    assert "no stage helped" in result.chosen["why"]
