"""Masks: analytic attributions, exact shares, and weights that must not move."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from toy_bag import kit, poisoned_bag, samples, score

from analysis.models.base import StackInfo
from analysis.unlearn.config import UnlearnConfig
from analysis.unlearn.guard import Look
from analysis.unlearn.loop import LoopSettings, run_steps
from analysis.unlearn.masks.evidence import Evidence, input_sizes, mean_gradients, sample_rows
from analysis.unlearn.masks.gradient import salun, snip
from analysis.unlearn.masks.halves import gather
from analysis.unlearn.masks.heads import heads
from analysis.unlearn.masks.layers import layers
from analysis.unlearn.masks.make import _largest, top_share
from analysis.unlearn.masks.size import magnitude, random
from analysis.unlearn.masks.specs import mask_spec
from analysis.unlearn.masks.wagle import terms, wagle, wagle_signed
from analysis.unlearn.masks.wanda import wanda
from analysis.unlearn.objectives.ascent import grad_diff


def evidence(**changes):
    values = {
        "weights": {"w": torch.tensor([[2.0, -1.0], [0.5, 4.0]])},
        "forget": {"w": torch.tensor([[1.0, 3.0], [-2.0, 0.0]])},
        "retain": {"w": torch.tensor([[0.5, -1.0], [1.0, 2.0]])},
    }
    return Evidence(**{**values, **changes})


def test_attribution_is_the_published_formula_with_a_relative_gamma():
    found = evidence(gamma=0.5)
    theta, g_f, g_r = found.weights["w"], found.forget["w"], found.retain["w"]
    scale = (theta * g_f).square().mean().sqrt() / (g_r * g_f).square().mean().sqrt() / 0.5
    expected = theta * g_f - scale * g_r * g_f
    torch.testing.assert_close(wagle_signed(found)["w"], expected)
    torch.testing.assert_close(wagle(found)["w"], expected.abs())
    sizes = terms(found)
    assert sizes.retain == pytest.approx(2 * sizes.weight, rel=1e-5)


def test_gamma_does_not_depend_on_how_gradients_are_scaled():
    one, other = evidence(), evidence()
    other = evidence(retain={"w": one.retain["w"] * 1000})
    torch.testing.assert_close(wagle(one)["w"], wagle(other)["w"])


def test_simple_scores():
    found = evidence()
    assert salun(found)["w"].tolist() == [[1, 3], [2, 0]]
    assert snip(found)["w"].tolist() == [[2, 3], [1, 0]]
    assert magnitude(found)["w"].tolist() == [[2, 1], [0.5, 4]]
    again = evidence(seed=1)
    assert torch.equal(random(found)["w"], random(evidence())["w"])
    assert not torch.equal(random(found)["w"], random(again)["w"])


def test_wanda_compares_within_rows_and_leaves_embeddings_out():
    weights = {"w": torch.tensor([[1.0, 2.0], [10.0, 20.0]]), "e": torch.ones(2, 2)}
    found = wanda(Evidence(weights, inputs={"w": torch.tensor([4.0, 1.0])}, axes={"w": 1}))
    torch.testing.assert_close(found["w"][0], found["w"][1])  # rows differ by a factor only
    assert float(found["w"][0, 0] / found["w"][0, 1]) == pytest.approx(2.0)
    assert float(found["e"].sum()) == 0


def test_choices_by_layer_and_head_take_all_or_nothing():
    stack = (StackInfo("encoder", 2, 4, 2, 2, 2),)
    names = ("encoder.layer.0.attention.self.query.weight", "encoder.layer.1.output.dense.weight")
    weights = {name: torch.arange(16.0).reshape(4, 4) for name in names}
    gradient = {name: torch.ones(4, 4) for name in names}
    chosen = top_share(layers(Evidence(weights, layers="2", stacks=stack)), 0.2)
    assert not chosen[names[0]].any()
    assert chosen[names[1]].all()
    by_head = top_share(heads(Evidence(weights, forget=gradient, stacks=stack)), 0.25)
    assert by_head[names[0]].tolist() == [[False] * 4] * 2 + [[True] * 4] * 2
    assert not by_head[names[1]].any()


@pytest.mark.parametrize("ratio", [0.1, 0.37, 1.0])
def test_exactly_the_wanted_share_is_chosen_even_with_ties(ratio):
    scores = {"a": torch.ones(7, 9), "b": torch.rand(5, 4)}
    chosen = top_share(scores, ratio)
    assert sum(int(m.sum()) for m in chosen.values()) == round(ratio * 83)
    assert torch.equal(top_share(scores, ratio)["a"], chosen["a"])


def test_weights_outside_the_mask_stay_bit_identical_under_weight_decay():
    module = poisoned_bag()
    before = {n: p.detach().clone() for n, p in module.named_parameters()}
    mask = {"words.weight": torch.zeros(12, 6, dtype=torch.bool)}
    mask["words.weight"][9] = True
    found = kit(module)
    settings = LoopSettings(
        0.05, 12, batch_size=8, weight_decay=0.5, precision="fp32", check_every=3
    )
    gaps = iter([9.0, 8.0, 7.0, 6.0, 5.0])  # every look is better than the one before
    run_steps(
        module,
        grad_diff(found),
        found.parts,
        lambda _: Look(0.9, 1.0, 0.1, None, None, next(gaps)),
        settings,
        mask=mask,
    )
    after = dict(module.named_parameters())
    allowed = mask["words.weight"]
    assert (after["words.weight"] != before["words.weight"])[allowed].all()
    assert torch.equal(after["words.weight"][~allowed], before["words.weight"][~allowed])
    assert torch.equal(after["head.weight"], before["head.weight"])
    assert torch.equal(after["head.bias"], before["head.bias"])


def test_mean_gradients_do_not_grow_with_the_number_of_samples():
    module, part = poisoned_bag(), samples(32, 4)
    doubled = part.subset(np.tile(np.arange(32), 2))
    one, two = (mean_gradients(module, score, p) for p in (part, doubled))
    for name, value in one.items():
        torch.testing.assert_close(value, two[name], atol=1e-6, rtol=1e-4)
    assert all(p.requires_grad for p in module.parameters())
    rounded = mean_gradients(module, score, part, precision="bf16")
    for name, value in one.items():
        assert rounded[name].dtype == torch.float32
        assert not torch.equal(rounded[name], value), "the pass was made in bf16"
        assert (rounded[name] - value).norm() < 0.02 * value.norm()


@pytest.mark.parametrize(("n_forget", "n_retain"), [(24, 40), (7, 9)])
def test_two_halves_make_the_whole_of_one_pass_over_all_samples(n_forget, n_retain):
    module = poisoned_bag()
    parts = {"forget": samples(n_forget, 3, trigger=True), "retain": samples(n_retain, 4)}
    session = SimpleNamespace(
        work=SimpleNamespace(module=module, stacks=()),
        ready=SimpleNamespace(parts=parts, score=score),
        config=UnlearnConfig(precision="fp32", seed=5),
        say=lambda *_: None,
    )
    whole, halves = gather(session, mask_spec("wagle"))
    for name in parts:
        expected = mean_gradients(module, score, parts[name], 5)
        for tensor, value in getattr(whole, name).items():
            torch.testing.assert_close(value, expected[tensor], atol=1e-6, rtol=1e-4)
    assert len(halves) == 2
    assert not torch.equal(halves[0].forget["words.weight"], halves[1].forget["words.weight"])
    sizes = gather(session, mask_spec("wanda"))[0].inputs
    expected = input_sizes(module, score, parts["forget"], sample_rows(n_forget, 5))
    for tensor, value in expected.items():
        torch.testing.assert_close(sizes[tensor], value)
    assert expected
    assert gather(session, mask_spec("magnitude"))[1] == ()


def test_the_largest_are_those_of_a_stable_sort():
    generator = torch.Generator().manual_seed(3)
    values = torch.randint(0, 9, (400,), generator=generator).float()
    values[:5] = -torch.inf
    for count in (0, 1, 57, 395):
        expected = values.argsort(descending=True, stable=True)[:count]
        assert torch.equal(_largest(values, count).sort().values, expected.sort().values)
