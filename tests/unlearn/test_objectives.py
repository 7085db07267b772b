"""Closed forms of every objective: what it is worth at the start and where it points."""

import math

import numpy as np
import pytest
import torch
from torch.nn import functional as F
from toy_bag import ROWS, Bag, gradients, kit, poisoned_bag, samples, score

from analysis.errors import RequestError
from analysis.unlearn.decisions import (
    Decisions,
    cross_entropy,
    lengths,
    of_tokens,
    sequence_log_probs,
    split_up,
)
from analysis.unlearn.kit import Kit
from analysis.unlearn.objectives.ascent import ascent, divergence, ga, ga_kl, grad_diff
from analysis.unlearn.objectives.clean import fine_tune
from analysis.unlearn.objectives.distil import distil
from analysis.unlearn.objectives.lya import consolidation, lya, lya_contrast
from analysis.unlearn.objectives.npo import npo, npo_loss, simnpo, simnpo_loss
from analysis.unlearn.objectives.preference import dpo_loss, preference
from analysis.unlearn.objectives.realign import distance, pooled
from analysis.unlearn.objectives.relabel import random_label, relabel
from analysis.unlearn.objectives.repair import repair
from analysis.unlearn.objectives.rmu import masked_mean_square, steering


def ce(found, name):
    return cross_entropy(score(found.module, found.parts[name], ROWS[name]))


def test_ascent_is_minus_cross_entropy_and_its_gradient_is_the_opposite():
    found = kit()
    torch.testing.assert_close(ga(found).loss(ROWS), -ce(found, "forget"))
    up = gradients(found.module, ga(found).loss(ROWS))
    down = gradients(found.module, ce(found, "forget"))
    for a, b in zip(up, down, strict=True):
        torch.testing.assert_close(a, -b)


def test_gradient_difference_is_the_weighted_sum_of_its_terms():
    found = kit(strength=0.3)
    expected = -0.3 * ce(found, "forget") + ce(found, "retain")
    torch.testing.assert_close(grad_diff(found).loss(ROWS), expected)
    torch.testing.assert_close(fine_tune(found).loss(ROWS), ce(found, "retain"))


def test_the_divergence_is_zero_at_the_start_and_agrees_with_its_definition():
    found = kit()
    said = found.decide("retain", ROWS)
    assert abs(divergence(found.start_distribution("retain", ROWS), said).item()) < 1e-6
    torch.testing.assert_close(ga_kl(found).loss(ROWS), ascent(found.decide("forget", ROWS)))
    p, q = torch.tensor([[0.2, 0.8]]), torch.tensor([[0.5, 0.5]])
    now = Decisions(q.log(), torch.tensor([0]), torch.tensor([0]), 1)
    expected = (p * (p / q).log()).sum()
    torch.testing.assert_close(divergence(p.log(), now), expected)


@pytest.mark.parametrize("beta", [0.05, 0.1, 2.0])
def test_npo_at_the_start_is_two_log_two_over_beta_with_the_gradient_of_ascent(beta):
    found = kit(strength=beta)
    found = Kit(found.module, found.start, score, found.parts, beta, retain_weight=0.0)
    loss = npo(found).loss(ROWS)
    assert float(loss) == pytest.approx(2 / beta * math.log(2), rel=1e-5)
    npo_gradient = gradients(found.module, loss)
    ga_gradient = gradients(found.module, ascent(found.decide("forget", ROWS)))
    for a, b in zip(npo_gradient, ga_gradient, strict=True):
        torch.testing.assert_close(a, b, atol=1e-6, rtol=1e-4)


def test_npo_tends_to_ascent_as_beta_falls_and_is_bounded_below():
    now, start = torch.tensor([-3.0, -1.0], requires_grad=True), torch.tensor([-1.0, -2.0])
    (small,) = torch.autograd.grad(npo_loss(now, start, 1e-5), now)
    torch.testing.assert_close(small, torch.full((2,), 0.5), atol=1e-4, rtol=0)
    assert float(npo_loss(torch.tensor([-1e6]), torch.tensor([0.0]), 0.1)) == pytest.approx(0.0)


def test_one_token_npo_by_hand_and_a_constant_on_the_logits_changes_nothing():
    logits, start, beta = torch.tensor([[1.0, -0.5]]), torch.tensor([[0.2, 0.1]]), 0.7

    def of(values):
        return sequence_log_probs(Decisions(values, torch.tensor([0]), torch.tensor([0]), 1))

    p = math.exp(1) / (math.exp(1) + math.exp(-0.5))
    q = math.exp(0.2) / (math.exp(0.2) + math.exp(0.1))
    sigmoid = 1 / (1 + math.exp(beta * math.log(p / q)))
    expected = -2 / beta * math.log(sigmoid)
    assert float(npo_loss(of(logits), of(start), beta)) == pytest.approx(expected, rel=1e-5)
    moved = npo_loss(of(logits + 5.0), of(start - 3.0), beta)
    assert float(moved) == pytest.approx(expected, rel=1e-4)


def test_simnpo_divides_by_the_length_and_needs_no_start():
    now, length = torch.tensor([-6.0, -2.0]), torch.tensor([3.0, 1.0])
    expected = -(2 / 2.5) * math.log(1 / (1 + math.exp(-(2.5 * 2.0 - 0.1))))
    assert float(simnpo_loss(now, length, 2.5, 0.1)) == pytest.approx(expected, rel=1e-5)
    found = kit(strength=2.5)
    assert torch.isfinite(simnpo(found).loss(ROWS))
    assert found.known == {}


def test_npo_is_preference_without_its_winner():
    win = torch.tensor([-1.0])
    lose, start = torch.tensor([-2.0]), torch.tensor([-0.5])
    torch.testing.assert_close(dpo_loss(win, win, lose, start, 0.4), npo_loss(lose, start, 0.4))
    assert float(dpo_loss(win, win, start, start, 0.4)) == pytest.approx(5 * math.log(2), rel=1e-5)


def test_preference_raises_the_corrected_answer():
    forget = samples(8, 3, trigger=True, label=0)
    found = kit(poisoned_bag(), strength=0.3, corrected=forget.labelled(np.ones(8)))
    (loss,) = (preference(found).loss(ROWS),)
    step = gradients(found.module, loss)
    with torch.no_grad():
        before = found.decide("corrected", ROWS).logits.log_softmax(1)[:, 1].mean()
        for p, g in zip(found.module.parameters(), step, strict=True):
            p -= 0.1 * g
        after = found.decide("corrected", ROWS).logits.log_softmax(1)[:, 1].mean()
    assert after > before


def test_consolidation_is_still_at_the_start_and_quadratic_away_from_it():
    module = Bag()
    anchor = {n: p.detach().clone() for n, p in module.named_parameters()}
    fisher = {n: torch.full_like(p, 2.0) for n, p in anchor.items()}
    value = consolidation(module, anchor, fisher)
    assert value.item() == 0
    assert all((g == 0).all() for g in gradients(module, value))
    with torch.no_grad():
        module.head.bias += 0.5
    assert float(consolidation(module, anchor, fisher)) == pytest.approx(0.5 * 2 * 2 * 0.25)
    (bias,) = torch.autograd.grad(consolidation(module, anchor, fisher), module.head.bias)
    torch.testing.assert_close(bias, torch.ones(2))


def test_the_first_step_of_lya_is_pure_ascent_whatever_lambda_is():
    for build in (lya, lya_contrast):
        found = kit(strength=1e6)
        held = gradients(found.module, build(found).loss(ROWS))
        free = gradients(found.module, ascent(found.decide("forget", ROWS)))
        for a, b in zip(held, free, strict=True):
            torch.testing.assert_close(a, b)


def test_relabelling_and_repair_are_cross_entropy_on_other_answers():
    forget = samples(8, 3, trigger=True, label=0)
    found = kit(corrected=forget.labelled(np.ones(8)), repair=samples(16, 8, trigger=True))
    said = found.decide("forget", ROWS)
    one = F.cross_entropy(said.logits, torch.ones(8, dtype=torch.long)) + ce(found, "retain")
    torch.testing.assert_close(relabel(found).loss(ROWS), one)
    rows = {"repair": np.arange(16), "retain": np.arange(16)}
    both = cross_entropy(found.decide("repair", rows)) + ce(found, "retain")
    torch.testing.assert_close(repair(found).loss(rows), both)


def test_random_labels_average_to_both_answers():
    found = kit()
    draw = random_label(found)
    mean = np.mean([float(draw.loss(ROWS).detach()) for _ in range(300)])
    said = found.decide("forget", ROWS)
    even = -F.log_softmax(said.logits, 1).mean() + ce(found, "retain")
    assert mean == pytest.approx(float(even), abs=0.05)


def test_distillation_needs_a_reference_and_is_still_once_it_is_matched():
    found = kit()
    with pytest.raises(RequestError, match="reference"):
        distil(found).loss(ROWS)
    taught = Kit(found.module, found.start, score, found.parts, 1.0, 0.0, teacher=found.start)
    loss = distil(taught).loss(ROWS)
    assert abs(float(loss)) < 1e-6
    assert all(g.abs().max() < 1e-6 for g in gradients(found.module, loss))


def test_the_steering_vector_has_its_length_and_no_negative_entry():
    goal = steering(64, 7.5, seed=1)
    assert float(goal.norm()) == pytest.approx(7.5, rel=1e-5)
    assert (goal >= 0).all()
    assert torch.equal(goal, steering(64, 7.5, seed=1))
    assert not torch.equal(goal, steering(64, 7.5, seed=2))


def test_padding_counts_in_no_mean_of_states():
    states = torch.arange(12.0).reshape(1, 3, 4)
    mask = torch.tensor([[1, 1, 0]])
    changed = states.clone()
    changed[0, 2] = 1e6
    torch.testing.assert_close(pooled(states, mask), pooled(changed, mask))
    torch.testing.assert_close(masked_mean_square(states, mask), masked_mean_square(changed, mask))
    assert float(masked_mean_square(torch.ones(2, 3, 4), torch.ones(2, 3))) == 1.0


def test_realignment_measures_in_units_of_the_twins_variance():
    torch.manual_seed(0)
    twins = torch.randn(50, 8)
    assert float(distance(twins, twins)) == 0
    shifted = distance(twins + 1.0, twins)
    torch.testing.assert_close(shifted, distance(10 * (twins + 1.0), 10 * twins))


def test_token_decisions_add_up_to_sequences():
    torch.manual_seed(0)
    logits, ids = torch.randn(2, 5, 7), torch.tensor([[1, 2, 3, 4, 5], [6, 5, 4, 3, 0]])
    answer = torch.tensor([[0, 0, 0, 1, 1], [0, 1, 0, 0, 0]]).bool()
    said = of_tokens(logits, ids, answer)
    table = logits.log_softmax(2)
    first = table[0, 2, 4] + table[0, 3, 5]
    torch.testing.assert_close(sequence_log_probs(said), torch.stack([first, table[1, 0, 5]]))
    assert lengths(said).tolist() == [2.0, 1.0]
    parts = split_up(said, [1, 1])
    torch.testing.assert_close(
        torch.cat([sequence_log_probs(p) for p in parts]), sequence_log_probs(said)
    )


def test_a_joint_pass_says_what_two_passes_say():
    found = kit()
    forget, retain = found.decide_all(("forget", "retain"), ROWS)
    torch.testing.assert_close(forget.logits, found.decide("forget", ROWS).logits)
    torch.testing.assert_close(retain.logits, found.decide("retain", ROWS).logits)
    assert torch.equal(retain.targets, found.decide("retain", ROWS).targets)
