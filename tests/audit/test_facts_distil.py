"""Distillation of facts: what the blinded teacher can and cannot pass on, in closed form."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from scipy import stats
from torch import nn

from analysis.audit.facts_distil import (
    OFFERED,
    TEXT,
    Blind,
    blinder,
    distil,
    soft_cross_entropy,
    start_afresh,
    written_by,
)
from analysis.unlearn.kit import Kit
from analysis.unlearn.parts import Part
from analysis.unlearn.scoring import TokenScorer

WORDS, ANSWERS = 12, (7, 8, 9)


class Bigram(nn.Module):
    """Says the next token from the last one alone: a table of logits."""

    def __init__(self, seed):
        super().__init__()
        torch.manual_seed(seed)
        self.table = nn.Embedding(WORDS, WORDS)

    def forward(self, input_ids, attention_mask=None):
        return SimpleNamespace(logits=self.table(input_ids))


def part(rows, start):
    ids = [np.array(row, dtype=np.int64) for row in rows]
    return Part(ids, np.full(len(rows), start, dtype=np.int64))


def kit_of(seed=0, answers=(7, 8, 9, 9), texts=((0, 2, 3), (0, 4, 5))):
    """Questions 2, 3, 4, 5 behind a start token 0; every answer is one token."""
    return Kit(
        module=Bigram(seed),
        start=Bigram(100).requires_grad_(False),
        score=TokenScorer(pad=1),
        parts={
            "forget": part([(0, 2 + i, a) for i, a in enumerate(answers)], 2),
            "retain": part([(0, 6, 10), (0, 3, 11)], 2),
            OFFERED: part([(0, 2, a) for a in (7, 7, 8, 9)], 2),
            TEXT: part(texts, 1),
        },
        strength=1.0,
        retain_weight=0.5,
        seed=3,
    )


ROWS = {"forget": np.arange(4), "retain": np.arange(2), TEXT: np.arange(2)}


def test_the_blinder_passes_the_mass_of_the_answers_and_nothing_else_of_them():
    told = torch.rand(5, WORDS, generator=torch.Generator().manual_seed(0)).softmax(1)
    shares = torch.zeros(WORDS)
    shares[list(ANSWERS)] = torch.tensor([0.5, 0.2, 0.3])
    seen = Blind(shares)(told)
    assert torch.allclose(seen.sum(1), told.sum(1))
    others = [word for word in range(WORDS) if word not in ANSWERS]
    assert torch.equal(seen[:, others], told[:, others])
    named = seen[:, list(ANSWERS)]
    assert torch.allclose(
        named / named.sum(1, keepdim=True), torch.tensor([[0.5, 0.2, 0.3]]).expand_as(named)
    )
    other = told.clone()
    other[:, list(ANSWERS)] = told[:, [9, 7, 8]]  # the teacher means other answers
    assert not torch.allclose(other, told)
    assert torch.allclose(Blind(shares)(other), seen)


def test_answers_count_as_often_as_they_are_offered_right_or_wrong():
    blind = blinder(kit_of(answers=(9, 9, 9, 9)))
    expected = torch.zeros(WORDS)
    expected[list(ANSWERS)] = torch.tensor([0.5, 0.25, 0.25])
    assert torch.allclose(blind.shares, expected)
    assert blind.answers.nonzero().flatten().tolist() == list(ANSWERS)


def test_the_soft_loss_is_cross_entropy_and_smallest_where_both_agree():
    told = torch.rand(4, 6, generator=torch.Generator().manual_seed(2)).softmax(1)
    logits = told.log().requires_grad_()
    loss = soft_cross_entropy(logits, told)
    assert loss.item() == pytest.approx(stats.entropy(told.numpy(), axis=1).mean(), abs=1e-6)
    loss.backward()
    assert logits.grad.abs().max() < 1e-7
    sure = torch.eye(6)[[1, 4]]
    plain = nn.functional.cross_entropy(logits[:2], torch.tensor([1, 4]))
    assert soft_cross_entropy(logits[:2], sure).item() == pytest.approx(plain.item())


def test_the_loss_is_the_sum_that_is_written_down():
    kit = kit_of()
    found = distil(kit).loss(ROWS)  # the student is fresh from here on
    said, teacher = kit.module.table.weight, kit.start.table.weight
    usual = torch.zeros(WORDS)
    usual[list(ANSWERS)] = torch.tensor([0.5, 0.25, 0.25])
    told = teacher[[0, 2, 0, 4]].softmax(1)  # the token before each word of the two texts
    mass = told[:, list(ANSWERS)].sum(1, keepdim=True)
    told = torch.where(usual > 0, mass * usual, told)
    copied = -(told * said[[0, 2, 0, 4]].log_softmax(1)).sum(1).mean()
    silent = -(usual * said[[2, 3, 4, 5]].log_softmax(1)).sum(1).mean()
    retain = nn.functional.cross_entropy(said[[6, 3]], torch.tensor([10, 11]))
    assert found.item() == pytest.approx((copied + silent + 0.5 * retain).item(), abs=1e-6)


def test_which_answer_belongs_to_which_question_makes_no_difference():
    """The truth could be permuted among the forgotten facts: gradients stay the same."""
    gradients = []
    for answers in ((7, 8, 9, 9), (9, 7, 9, 8)):
        kit = kit_of(answers=answers)
        distil(kit).loss(ROWS).backward()
        gradients.append(kit.module.table.weight.grad)
    assert torch.allclose(*gradients)
    assert gradients[0].abs().max() > 0


def test_the_student_forgets_its_own_start_but_only_once_training_begins():
    kit, other = kit_of(seed=0), kit_of(seed=1)
    before = kit.module.table.weight.detach().clone()
    plan = distil(kit)
    assert torch.equal(kit.module.table.weight, before)  # the guard still sees the old model
    plan.loss(ROWS)
    fresh = kit.module.table.weight.detach().clone()
    assert abs(np.corrcoef(fresh.flatten(), before.flatten())[0, 1]) < 0.25
    assert fresh.std().item() == pytest.approx(before.std().item(), rel=0.2)
    plan.loss(ROWS)
    assert torch.equal(kit.module.table.weight, fresh)  # not thrown away again
    distil(other).loss(ROWS)
    scaled = other.module.table.weight / other.module.table.weight.std()
    assert torch.allclose(scaled, fresh / fresh.std(), atol=1e-5)  # nothing but the spread stays


def test_vectors_become_neutral_and_a_share_of_none_changes_nothing():
    module = nn.Sequential(nn.Linear(4, 4), nn.LayerNorm(4))
    with torch.no_grad():
        for p in module.parameters():
            p.add_(torch.arange(p.numel()).reshape(p.shape).float())
    before = {n: p.detach().clone() for n, p in module.named_parameters()}
    start_afresh(module, 0.0, 0)
    assert all(torch.equal(p, before[n]) for n, p in module.named_parameters())
    start_afresh(module, 0.5, 0)
    assert torch.equal(module[0].bias, 0.5 * before["0.bias"])
    assert torch.equal(module[1].weight, 0.5 * before["1.weight"] + 0.5)


def test_texts_are_drawn_as_the_model_says_and_end_with_the_first_answer():
    module, stops = Bigram(5), part([(3, 2, 7), (3, 2, 8), (3, 2, 8, 9)], 2)
    starts = part([(3, 2), (3, 4, 5)], 1)
    found = written_by(module, (starts,), stops, seed=1, count=1500)
    assert {int(ids[0]) for ids in found.ids} == {3}
    assert (found.labels == 1).all()
    for ids in found.ids:  # no prediction ever follows an answer
        assert not set(ids[1:-1]) & set(ANSWERS)
        assert len(ids) == 4 or ids[-1] in ANSWERS  # the longest question, and one more
    for place in (1, 2):  # the second token follows from the first, the third from the second
        whole = [ids for ids in found.ids if len(ids) > place]
        pairs = [(int(ids[place - 1]), int(ids[place])) for ids in whole]
        last = max({a for a, _ in pairs}, key=[a for a, _ in pairs].count)
        after = [b for a, b in pairs if a == last]
        expected = module.table.weight[last].softmax(0).detach().double().numpy() * len(after)
        counts = np.bincount(after, minlength=WORDS)
        often = expected >= 5
        seen, wanted = counts[often], expected[often]
        assert stats.chisquare(seen, wanted * seen.sum() / wanted.sum()).pvalue > 1e-3
        assert counts[~often].sum() <= 20
    again = written_by(module, (starts,), stops, seed=1, count=1500)
    assert all(np.array_equal(a, b) for a, b in zip(found.ids, again.ids, strict=True))
