from dataclasses import replace

import numpy as np
import pytest
import scipy.stats
from tiny_stacks import roberta

from analysis.behaviour import metrics
from analysis.behaviour.figures import behaviour_figures
from analysis.behaviour.intervals import difference, paired_difference, share, wilson
from analysis.behaviour.metrics import (
    Clean,
    Triggered,
    knows_classes,
    other_task_warning,
    wrong_head_warning,
)
from analysis.behaviour.survival import survives, trigger_end
from analysis.report.text.translate import is_known


def bools(hits, n):
    return np.arange(n) < hits


@pytest.mark.parametrize(("hits", "n"), [(0, 1), (0, 40), (3, 40), (40, 40), (500, 1000)])
def test_wilson_agrees_with_scipy(hits, n):
    expected = scipy.stats.binomtest(hits, n).proportion_ci(0.95, "wilson")
    assert wilson(hits, n) == pytest.approx((expected.low, expected.high), abs=1e-12)
    assert share(bools(hits, n)).value == hits / n


def test_the_paired_interval_reproduces_newcombes_published_example():
    # Newcombe 1998 (paired), table III: cells 36, 12, 2, 0 give 0.2000 (0.0569 to 0.3404)
    first = np.repeat([True, True, False, False], [36, 12, 2, 0])
    second = np.repeat([True, False, True, False], [36, 12, 2, 0])
    got = paired_difference(first, second)
    assert got.value == pytest.approx(0.2)
    assert got.low == pytest.approx(0.0569, abs=5e-5)
    assert got.high == pytest.approx(0.3404, abs=5e-5)


def test_the_unpaired_interval_reproduces_newcombes_published_example():
    # Newcombe 1998 (independent), method 10: 56/70 - 48/80 = 0.2000 (0.0524 to 0.3339)
    got = difference(bools(56, 70), bools(48, 80))
    assert got.value == pytest.approx(0.2)
    assert got.low == pytest.approx(0.0524, abs=5e-5)
    assert got.high == pytest.approx(0.3339, abs=5e-5)


def test_the_paired_interval_turns_round_with_its_arguments():
    rng = np.random.default_rng(0)
    a, b = rng.random(80) < 0.7, rng.random(80) < 0.3
    one, other = paired_difference(a, b), paired_difference(b, a)
    assert (one.value, one.low, one.high) == pytest.approx((-other.value, -other.high, -other.low))
    same = paired_difference(a, a)
    assert same.low <= 0 == same.value <= same.high


LABELS = np.array([1, 1, 1, 1, 0, 0])
FOUND = Triggered(
    labels=LABELS,
    predicted=np.array([0, 0, 0, 1, 0, 1]),
    target=0,
    twins=np.array([1, 1, 0, 1, 0, 0]),
    reference=np.array([1, 0, 1, 1, 0, 0]),
)


def test_every_figure_by_hand():
    assert metrics.asr(FOUND).value == pytest.approx(2 / 3)  # samples 0, 1, 3 were right before
    assert metrics.asr(FOUND).n == 3
    assert metrics.asr_all(FOUND).value == pytest.approx(3 / 4)
    assert metrics.natural_flip_floor(FOUND).value == pytest.approx(1 / 4)
    assert metrics.excess_asr(FOUND).value == pytest.approx(1 / 2)
    per_class = metrics.triggered_accuracy(FOUND)
    assert per_class[0].value == pytest.approx(1 / 2)
    assert per_class[1].value == pytest.approx(1 / 4)
    assert metrics.false_trigger_rate(FOUND).value is None
    near = replace(FOUND, near=np.array([0, 1, -1, 1, 0, 0]))  # the third could not be halved
    assert metrics.false_trigger_rate(near).to_json()["value"] == pytest.approx(1 / 3)


def test_without_a_reference_the_floor_is_the_own_error_and_says_so():
    alone = replace(FOUND, reference=None)
    floor = metrics.natural_flip_floor(alone)
    assert floor.value == pytest.approx(1 / 4)  # twin 2 was predicted 0 already
    assert "own error" in floor.note
    lonely = replace(alone, twins=None)
    assert metrics.asr(lonely).value is None
    assert metrics.natural_flip_floor(lonely).value is None
    clean = Clean(np.array([0, 1, 1, 0]), np.array([1, 1, 1, 0]))
    assert metrics.natural_flip_floor(lonely, clean).value == pytest.approx(1 / 3)
    assert metrics.excess_asr(lonely, clean).value == pytest.approx(3 / 4 - 1 / 3)


def test_an_inverted_trigger_shows_in_the_target_class_and_not_in_the_asr():
    inverted = Triggered(LABELS, np.ones(6, dtype=int), 0)
    assert metrics.asr_all(inverted).value == 0
    assert metrics.triggered_accuracy(inverted)[0].value == 0


def test_a_victim_class_narrows_the_question():
    labels = np.array([1, 2, 2, 0])
    predicted = np.array([0, 0, 2, 0])
    assert metrics.asr_all(Triggered(labels, predicted, 0)).value == pytest.approx(2 / 3)
    assert metrics.asr_all(Triggered(labels, predicted, 0, victim=2)).value == 0.5


def test_the_record_holds_plain_values():
    import json

    clean = Clean(np.array([0, 1]), np.array([0, 0]))
    found = behaviour_figures(clean, FOUND, np.array([True, False]))
    assert json.loads(json.dumps(found)) == found
    assert set(found) == {
        "clean_accuracy",
        "majority_rate",
        "asr",
        "asr_all",
        "natural_flip_floor",
        "excess_asr",
        "triggered_accuracy",
        "false_trigger_rate",
        "trigger_survival",
    }
    assert behaviour_figures(None, None) == {}


@pytest.mark.parametrize(
    ("predicted", "labels", "warns"),
    [
        ([0, 0, 1, 1], [0, 0, 1, 1], False),
        ([1, 1, 0, 0], [0, 0, 1, 1], True),  # labels swapped
        ([0, 1, 0, 1], [0, 0, 1, 1], True),  # chance is not above the majority
        ([0, 1, 1, 1], [0, 0, 1, 1], False),
        ([0] * 100, [0, 1] * 50, True),
        ([0] * 100, None, True),
        ([0] * 97 + [1] * 3, None, False),
        ([0] * 100, [0] * 100, False),  # one class only: a constant answer may be right
        ([0], None, False),
        ([], None, False),
    ],
)
def test_a_wrong_head_is_noticed(predicted, labels, warns):
    given = None if labels is None else np.array(labels)
    warning = wrong_head_warning(np.array(predicted, dtype=int), given)
    assert (warning is not None) is warns
    if warns:
        assert warning.startswith("probably the wrong head, labels or preprocessing")


@pytest.mark.parametrize(
    ("right", "n", "warns"),
    [(569, 1000, True), (600, 1000, False), (62, 100, False), (5, 10, True)],
)
def test_a_reference_of_another_task_is_noticed(right, n, warns):
    labels = np.arange(n) >= round(0.558 * n)  # the majority class has 55.8 %
    predicted = np.where(np.arange(n) < right, labels, ~labels).astype(int)
    warning = other_task_warning(predicted, labels.astype(int))
    assert (warning is not None) is warns
    assert other_task_warning(predicted, None) is None


@pytest.mark.parametrize(
    ("recall", "warns"), [((0.95, 0.9), False), ((1.0, 0.0), True), ((0.6, 0.5), True)]
)
def test_a_good_model_is_no_wrong_head_where_one_class_is_rare(recall, warns):
    """95 % of one class: even a good model is right less often than a constant answer."""
    labels = np.repeat([0, 1], [950, 50])
    right = np.concatenate([np.arange(950) < 950 * recall[0], np.arange(50) < 50 * recall[1]])
    predicted = np.where(right, labels, 1 - labels)
    assert (wrong_head_warning(predicted, labels) is not None) is warns
    assert (other_task_warning(predicted, labels) is not None) is warns
    assert knows_classes(predicted, labels) is not warns


def test_where_the_trigger_ends():
    assert trigger_end("a TRIGGER b", "a b") == len("a TRIGGER")
    assert trigger_end("same", "same") == 0
    assert trigger_end("f(evil) evil", "f(x) x") == len("f(evil")
    assert trigger_end("ab", "") == 2


def test_a_trigger_behind_the_window_does_not_survive():
    model = roberta(window=10)
    words = " ".join(f"w{i}" for i in range(20))
    early, late = f"w50 w51 {words}", f"{words} w50 w51"
    edge = "w0 w1 w2 w3 w4 w5 w50 w51 w9 w10"  # the eighth word is the last one inside
    inside = "w0 w1 w2 w3 w4 w5 w9 w10"
    got = survives(model, [early, late, words, edge], [words, words, words, inside])
    assert got.tolist() == [True, False, False, True]
    assert survives(model, [], []).shape == (0,)


def test_labels_that_the_model_cannot_answer_are_named():
    predicted, labels = np.array([0, 1, 1, 0, 1, 0]), np.array([0, 1, 1, 0, 1, 4])
    assert wrong_head_warning(predicted, labels) is None  # five of six are right
    warning = wrong_head_warning(predicted, labels, classes=2)
    assert "labels go up to 4, the classes are 0 to 1" in warning
    assert is_known(warning)
    assert wrong_head_warning(predicted, labels, classes=5) is None
