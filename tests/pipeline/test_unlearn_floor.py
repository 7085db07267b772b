"""Beside one clean model or the mean of several, sample by sample."""

import numpy as np
import pytest
from scipy import stats

from analysis.behaviour.intervals import paired_difference
from analysis.pipeline.unlearn_changes import class_changes, excess_beside, variant_excess
from analysis.pipeline.unlearn_floor import beside, mean_figure
from analysis.pipeline.unlearn_questions import Answers, Questions
from analysis.records import SampleSet

RNG = np.random.default_rng(0)
N = 400


def answers(share):
    return RNG.random(N) < share


def test_one_clean_model_is_compared_in_pairs():
    mine, other = answers(0.2), answers(0.1)
    assert beside(mine, [other]) == paired_difference(mine, other)


def test_several_are_compared_with_their_mean():
    mine, others = answers(0.2), [answers(0.1), answers(0.15), answers(0.05)]
    found = beside(mine, others)
    differences = mine - np.mean(others, axis=0)
    low, high = stats.norm.interval(0.95, differences.mean(), stats.sem(differences))
    assert (found.low, found.high) == pytest.approx((low, high))
    assert found.value == pytest.approx(mine.mean() - np.mean([o.mean() for o in others]))


def test_a_model_beside_copies_of_itself_differs_by_nothing():
    mine = answers(0.3)
    found = beside(mine, [mine, mine])
    assert (found.value, found.low, found.high) == (0, 0, 0)
    assert mean_figure(np.array([0.5])).low < 0


def test_equal_shares_of_different_samples_differ_by_exactly_nothing():
    n = 515  # 77 of 515 in every model, never the same ones
    mine, *others = (np.roll(np.arange(n) < 77, shift) for shift in (0, 3, 50, 211))
    found = beside(mine, others)
    assert found.value == 0.0
    assert found.low == -found.high


def sample_set(n):
    ids = tuple(f"s{i}" for i in range(n))
    return SampleSet(ids, tuple("x" for _ in ids), np.arange(n) % 2)


def said(hit):
    whole = np.where(hit, 0, 1).astype(np.int64)
    return Answers(test=whole, triggered=whole, added=whole[:0], variants=whole[:50])


def test_excess_classes_and_variants_use_every_clean_model():
    asked = sample_set(N)
    questions = Questions(
        asked, asked, 0, np.arange(N), (), np.empty(0, dtype=np.int64),
        tuple("v" for _ in range(50)), np.arange(50),
    )  # fmt: skip
    hit, floors = answers(0.3), [answers(0.1), answers(0.2)]
    clean = [said(floor) for floor in floors]
    victims = asked.labels == 1
    excess = excess_beside(questions, said(hit), clean)
    assert excess.n == victims.sum()
    expected = hit[victims].mean() - np.mean([floor[victims].mean() for floor in floors])
    assert excess.value == pytest.approx(expected)
    classes = class_changes(questions, said(hit), clean)
    assert classes["1"].value == pytest.approx(-expected)  # two classes: the same once more
    assert variant_excess(questions, said(hit), clean).n == 50
    own = variant_excess(questions, said(hit), ())
    assert own.value == 0  # answered with the changed form as without any
