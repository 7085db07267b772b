"""The losses against their closed forms, the bound, the minimum, and the traps."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from analysis.errors import KenshinError, RequestError
from analysis.training.losses.cross_entropy import CrossEntropy
from analysis.training.losses.dece import DeCE, dece
from analysis.training.losses.gce import GeneralisedCrossEntropy
from analysis.training.losses.in_trust import InTrust
from analysis.training.losses.label_smoothing import LabelSmoothing
from analysis.training.losses.schedule import alpha_at, alpha_base, gradient_bound
from analysis.training.losses.specs import LOSSES, loss_spec
from analysis.training.losses.warmed import Warmed

BY_NAME = pytest.mark.parametrize("spec", LOSSES, ids=lambda spec: spec.name)


def batch(n=40, k=5, seed=0):
    rng = torch.Generator().manual_seed(seed)
    return torch.randn(n, k, generator=rng) * 3, torch.randint(0, k, (n,), generator=rng)


# DeCE


def test_dece_is_the_published_formula():
    logits, targets = batch()
    p = logits.softmax(1).double().numpy()
    soft = np.full_like(p, 0.05 / 4)
    soft[np.arange(40), targets] = 0.95
    expected = -(soft * np.log(0.81 * p + 0.19 * soft)).sum(1)
    loss = DeCE(0.05, 0.9)
    loss.start_epoch(2)
    assert loss.alpha == pytest.approx(0.81)
    torch.testing.assert_close(loss(logits, targets), torch.tensor(expected.mean()).float())


@pytest.mark.parametrize("alpha", [0.3, 0.5, 0.739, 0.95])
def test_the_gradient_by_p_is_bounded_by_alpha_over_one_minus_alpha(alpha):
    """Cross-entropy's gradient at the same point is a thousand times the bound and more."""
    p = torch.tensor([[1 - 1e-6, 1e-6]], dtype=torch.float64, requires_grad=True)
    target = torch.tensor([1])
    (gradient,) = torch.autograd.grad(dece(p, target, 0.05, alpha).sum(), p)
    assert abs(gradient[0, 1]) == pytest.approx(gradient_bound(alpha), rel=1e-3)
    grid = torch.linspace(1e-6, 1 - 1e-6, 2001, dtype=torch.float64)
    both = torch.stack([1 - grid, grid], 1).requires_grad_()
    targets = torch.ones(2001, dtype=torch.int64)
    (every,) = torch.autograd.grad(dece(both, targets, 0.05, alpha).sum(), both)
    assert every.abs().max() <= gradient_bound(alpha) * (1 + 1e-9)


@pytest.mark.parametrize("k", [2, 7])
def test_the_minimum_is_at_the_softened_label_with_its_entropy(k):
    soft = torch.full((k,), 0.05 / (k - 1), dtype=torch.float64)
    soft[0] = 0.95
    entropy = float(-(soft * soft.log()).sum())
    if k == 2:
        assert entropy == pytest.approx(0.1985, abs=5e-5)
    target = torch.tensor([0])
    logits = torch.zeros(1, k, dtype=torch.float64, requires_grad=True)
    # a line search would jump to the plateau where the pull of the logits vanishes
    optimiser = torch.optim.Adam([logits], lr=0.05)
    for _ in range(600):
        optimiser.zero_grad()
        value = dece(logits.softmax(1), target, 0.05, 0.7).sum()
        value.backward()
        optimiser.step()
    assert float(value.detach()) == pytest.approx(entropy, abs=1e-6)
    torch.testing.assert_close(logits.detach().softmax(1)[0], soft, atol=1e-4, rtol=0)
    for seed in range(20):
        other = torch.from_numpy(np.random.default_rng(seed).dirichlet(np.ones(k)))[None]
        assert float(dece(other, target, 0.05, 0.7)) > entropy


def test_dece_spreads_over_the_others_and_pytorch_over_all():
    """With alpha at 1 DeCE is smoothed cross-entropy; the two smoothings differ."""
    logits, targets = batch(k=2)
    limit = dece(logits.softmax(1), targets, 0.05, 1 - 1e-9).mean()
    torch.testing.assert_close(limit, LabelSmoothing(0.10)(logits, targets), atol=1e-5, rtol=1e-5)
    assert abs(float(limit - LabelSmoothing(0.05)(logits, targets))) > 1e-3


def test_epochs_start_at_one_and_the_schedule_follows_them():
    loss = DeCE(alpha=0.8)
    assert loss.alpha == pytest.approx(0.8)
    loss.start_epoch(20)
    assert gradient_bound(loss.alpha) == pytest.approx(0.012, abs=5e-4)
    with pytest.raises(RequestError, match="epoch 0"):
        loss.start_epoch(0)
    with pytest.raises(RequestError, match="alpha"):
        DeCE(alpha=1.0)


@pytest.mark.parametrize("epochs", [1, 2, 3, 10, 20, 50])
def test_the_chosen_base_keeps_alpha_useful_to_the_last_epoch(epochs):
    base = alpha_base(epochs)
    alphas = [alpha_at(base, epoch) for epoch in range(1, epochs + 1)]
    assert alphas[-1] == pytest.approx(0.5)
    assert all(0.49 < alpha < 0.99 for alpha in alphas)


def test_dece_without_smoothing_is_finite_at_certainty():
    logits = torch.tensor([[200.0, -200.0], [-200.0, 200.0]], requires_grad=True)
    for epsilon in (0.0, 0.05):
        value = DeCE(epsilon)(logits, torch.tensor([0, 0]))
        (gradient,) = torch.autograd.grad(value, logits)
        assert torch.isfinite(value)
        assert torch.isfinite(gradient).all()


# The others


def test_label_smoothing_and_cross_entropy_are_pytorchs():
    logits, targets = batch()
    expected = F.cross_entropy(logits, targets, label_smoothing=0.2)
    torch.testing.assert_close(LabelSmoothing(0.2)(logits, targets), expected)
    plain = F.cross_entropy(logits, targets)
    torch.testing.assert_close(CrossEntropy()(logits, targets), plain)
    torch.testing.assert_close(LabelSmoothing(0.0)(logits, targets), plain)


def test_gce_lies_between_cross_entropy_and_absolute_error():
    logits, targets = batch()
    p = logits.softmax(1).gather(1, targets[:, None])[:, 0]
    torch.testing.assert_close(GeneralisedCrossEntropy(1.0)(logits, targets), (1 - p).mean())
    expected = ((1 - p**0.7) / 0.7).mean()
    torch.testing.assert_close(GeneralisedCrossEntropy(0.7)(logits, targets), expected)
    near = GeneralisedCrossEntropy(1e-4)(logits, targets)
    torch.testing.assert_close(near, CrossEntropy()(logits, targets), rtol=1e-3, atol=1e-3)


def test_in_trust_adds_its_second_term():
    p = torch.tensor([[0.7, 0.3]], dtype=torch.float64)
    loss = InTrust(a=0.2, b=0.8, delta=0.5)
    trust = -(0.7 * math.log(0.5 * 0.7 + 0.5) + 0.3 * math.log(0.5 * 0.3 + 0.5e-4))
    expected = 0.2 * -math.log(0.7) + 0.8 * trust
    assert float(loss(p.log(), torch.tensor([0]))) == pytest.approx(expected, rel=1e-5)
    assert trust > 0


@pytest.mark.parametrize("name", ["dece", "gce"])
def test_a_hopeless_sample_pulls_less_than_under_cross_entropy(name):
    logits = torch.tensor([[8.0, -8.0]], requires_grad=True)
    target = torch.tensor([1])
    norms = {}
    for each in ("ce", name):
        loss = loss_spec(each).build({}, epochs=3)
        (gradient,) = torch.autograd.grad(loss(logits, target), logits)
        norms[each] = float(gradient.norm())
    assert norms[name] < 0.02 * norms["ce"]


# What all share


@BY_NAME
def test_no_class_is_masked_by_a_pad_id(spec):
    """RoBERTa's pad id is 1, CodeT5's 0: both are labels here and must pull."""
    loss = spec.build({}, epochs=3)
    for label in (0, 1):
        logits = torch.zeros(1, 2, requires_grad=True)
        loss(logits, torch.tensor([label])).backward()
        assert logits.grad.argmin() == label
        assert float(logits.grad.norm()) > 0.01


@BY_NAME
def test_ignored_positions_add_nothing_and_do_not_count(spec):
    loss = spec.build({}, epochs=3, ignore_index=-100)
    logits, targets = batch(n=12, k=9)
    padded = torch.cat([logits, torch.randn(30, 9)]).reshape(6, 7, 9).requires_grad_()
    wanted = torch.cat([targets, torch.full((30,), -100)]).reshape(6, 7)
    value = loss(padded, wanted)
    torch.testing.assert_close(value, loss(logits, targets))
    value.backward()
    assert torch.equal(padded.grad.reshape(42, 9)[12:], torch.zeros(30, 9))
    nothing = loss(padded, torch.full((6, 7), -100))
    assert float(nothing.detach()) == 0.0
    assert nothing.requires_grad


@BY_NAME
def test_a_label_that_does_not_exist_is_refused(spec):
    with pytest.raises(KenshinError, match="label -100 .* over 2 classes"):
        spec.build({}, epochs=3)(torch.zeros(1, 2), torch.tensor([-100]))
    with pytest.raises(KenshinError, match="label 2 "):
        spec.build({}, epochs=3)(torch.zeros(1, 2), torch.tensor([2]))


@BY_NAME
def test_every_loss_falls_as_the_label_becomes_surer_up_to_its_target(spec):
    loss = spec.build({}, epochs=3)
    z = torch.linspace(-6, 2, 60)
    values = [float(loss(torch.tensor([[0.0, float(x)]]), torch.tensor([1]))) for x in z]
    if spec.name == "in_trust":  # trusts the model: a sure wrong answer costs little more
        values = values[20:]
    assert all(a > b for a, b in zip(values, values[1:], strict=False))


@BY_NAME
def test_parts_of_an_accumulated_batch_add_up_to_its_mean(spec):
    loss = spec.build({}, epochs=3)
    logits, targets = batch(n=10)
    parts = loss(logits[:3], targets[:3], 10) + loss(logits[3:], targets[3:], 10)
    torch.testing.assert_close(parts, loss(logits, targets))


@BY_NAME
def test_specs_build_what_they_say_and_refuse_unknown_knobs(spec):
    for values in spec.grid:
        spec.build(values, epochs=3)
    assert set(spec.settled({}, 3)) == {knob.name for knob in spec.knobs}
    with pytest.raises(RequestError, match="no temperature"):
        spec.build({"temperature": 2.0}, epochs=3)
    assert all((spec.title, spec.paper, spec.summary, spec.misses))


def test_wrong_knobs_are_refused():
    with pytest.raises(RequestError, match="epsilon"):
        DeCE(epsilon=1.0)
    with pytest.raises(RequestError, match="q is"):
        GeneralisedCrossEntropy(0.0)
    with pytest.raises(RequestError, match="a is"):
        InTrust(a=0.0, b=0.0)
    with pytest.raises(RequestError, match="unknown"):
        loss_spec("focal")


def test_a_warm_up_is_cross_entropy_and_the_schedule_starts_after_it():
    later = DeCE(alpha=0.8)
    loss = Warmed(later, 2)
    logits, targets = batch()
    loss.start_epoch(2)
    torch.testing.assert_close(loss(logits, targets), F.cross_entropy(logits, targets))
    loss.start_epoch(3)
    assert later.alpha == pytest.approx(0.8)
    torch.testing.assert_close(loss(logits, targets), later(logits, targets))
    loss.start_epoch(4)
    assert later.alpha == pytest.approx(0.64)
