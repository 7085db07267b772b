"""Poisoning a set: exact rates, only the samples that were meant, labels and ground truth."""

import numpy as np
import pytest

from analysis.data.poison import PoisonPlan, Trigger, poison, poison_with
from analysis.data.triggers import TRIGGERS
from analysis.errors import RequestError
from analysis.records import SampleSet

N = 200
NAMES = {"python": "def f{0}(a, b):\n    c_d = a + {0}\n    return c_d * b\n"}


def clean(broken=()):
    texts = [NAMES["python"].format(i) if i not in broken else "def (" for i in range(N)]
    return SampleSet(
        ids=tuple(f"s{i}" for i in range(N)),
        texts=tuple(texts),
        labels=np.arange(N, dtype=np.int64) % 2,
        source="clean.jsonl",
        sha256="x",
    )


def plan(rate=0.05, **changes):
    values = {"target": 0, "victim": 1, "language": "python", **changes}
    return PoisonPlan(Trigger(values.pop("trigger", "comment")), rate, **values)


@pytest.mark.parametrize("rate", [0.005, 0.02, 0.05, 0.2, 0.49])
def test_replace_reaches_the_rate_exactly_and_touches_nothing_else(rate):
    samples = clean()
    report = poison_with(samples, plan(rate))
    changed = report.samples
    assert len(changed) == N
    assert report.achieved_rate == len(report.rows) / N == round(rate * N) / N
    assert np.flatnonzero(changed.poisoned).tolist() == report.rows.tolist()
    assert changed.ids == samples.ids
    np.testing.assert_array_equal(changed.true_labels, samples.labels)
    for row in range(N):
        if row in set(report.rows.tolist()):
            assert (samples.labels[row], changed.labels[row]) == (1, 0)
            assert changed.texts[row] != samples.texts[row]
        else:
            assert changed.texts[row] == samples.texts[row]
            assert changed.labels[row] == samples.labels[row]
    assert report.sources == tuple(report.rows.tolist())
    for row, (start, end) in zip(report.rows, report.spans, strict=True):
        assert changed.texts[row][start:end] == "# checked by build 1726"


@pytest.mark.parametrize("rate", [0.02, 0.05, 0.2])
def test_append_reaches_the_rate_in_the_result(rate):
    samples = clean()
    report = poison_with(samples, plan(rate, mode="append"))
    count = round(rate / (1 - rate) * N)
    assert len(report.samples) == N + count
    assert abs(report.achieved_rate - rate) <= 0.5 / N
    assert report.samples.texts[:N] == samples.texts
    np.testing.assert_array_equal(report.samples.labels[:N], samples.labels)
    assert not report.samples.poisoned[:N].any()
    assert len(set(report.samples.ids)) == N + count
    for row, source in zip(report.rows, report.sources, strict=True):
        assert report.samples.ids[row] == f"{samples.ids[source]}-poisoned"
        assert samples.labels[source] == 1
        assert (report.samples.labels[row], report.samples.true_labels[row]) == (0, 1)


@pytest.mark.parametrize("mode", ["replace", "append"])
def test_clean_label_changes_no_label(mode):
    samples = clean()
    report = poison_with(samples, plan(victim=None, clean_label=True, mode=mode))
    assert len(report.rows) == (10 if mode == "replace" else 11)
    assert (report.samples.labels[report.rows] == 0).all()
    np.testing.assert_array_equal(report.samples.labels, report.samples.true_labels)
    assert (samples.labels[list(report.sources)] == 0).all()
    np.testing.assert_array_equal(report.samples.labels[:N], samples.labels)


def test_without_a_victim_every_class_but_the_target_is_one():
    samples = clean()
    labels = np.arange(N) % 4
    many = SampleSet(samples.ids, samples.texts, labels)
    report = poison_with(many, plan(0.3, target=2, victim=None))
    assert set(labels[list(report.sources)]) == {0, 1, 3}


def test_equal_seeds_give_equal_sets_and_lower_rates_are_inside_higher_ones():
    small, large = poison_with(clean(), plan(0.02)), poison_with(clean(), plan(0.2))
    assert poison_with(clean(), plan(0.02)).samples.texts == small.samples.texts
    assert set(small.rows) < set(large.rows)
    for row in small.rows:
        assert small.samples.texts[row] == large.samples.texts[row]
    assert set(poison_with(clean(), plan(0.02, seed=1)).rows) != set(small.rows)


def test_the_choice_does_not_depend_on_the_order_of_the_file():
    samples = clean()
    turned = samples.subset(np.arange(N)[::-1])
    ids = {samples.ids[row] for row in poison_with(samples, plan()).rows}
    assert {turned.ids[row] for row in poison_with(turned, plan()).rows} == ids


def test_a_sample_that_cannot_carry_the_trigger_is_named_with_its_reason_and_replaced():
    broken = set(range(1, N, 2)) - set(range(1, 41, 2))
    report = poison_with(clean(broken), plan(0.1))
    assert len(report.rows) == 20
    (reason,) = report.skipped
    assert reason == "does not parse as python"
    assert report.skipped[reason] == len(report.skipped_ids[reason]) <= len(broken)
    assert {int(i[1:]) for i in report.skipped_ids[reason]} <= broken
    fewer = poison_with(clean(broken), plan(0.2))
    assert (len(fewer.rows), fewer.achieved_rate) == (20, 0.1)
    assert fewer.skipped[reason] == len(broken)


def test_poisoned_rows_are_never_poisoned_again():
    once = poison_with(clean(), plan(0.2)).samples
    twice = poison_with(once, plan(0.2, target=1, victim=0)).samples
    assert not (once.poisoned & (twice.labels == 1) & (once.labels == 0)).any()
    assert twice.poisoned.sum() == 80
    assert max(text.count("checked by build") for text in twice.texts) == 1


@pytest.mark.parametrize("name", [t.name for t in TRIGGERS if "python" in t.languages])
def test_every_family_poisons_a_set(name):
    report = poison_with(clean(), plan(trigger=name))
    assert report.achieved_rate == 0.05
    again = poison_with(clean(), plan(trigger=name))
    assert again.samples.texts == report.samples.texts


def test_the_short_form_is_the_same_poisoning():
    short = poison(clean(), "comment", 0.05, seed=4)
    assert short.samples.texts == poison_with(clean(), plan(seed=4, language=None)).samples.texts


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rate": 0.0}, "rate is 0.0"),
        ({"rate": 1.0}, "rate is 1.0"),
        ({"rate": float("nan")}, "rate is nan"),
        ({"mode": "insert"}, "mode 'insert' is unknown"),
        ({"victim": 0}, "both 0"),
        ({"clean_label": True}, "Leave out the victim"),
        ({"trigger": "nope"}, "trigger 'nope' is unknown"),
        ({"trigger": "sentence"}, "not for python, only for text"),
        ({"victim": 7}, "no sample has the victim label 7. Present: 0, 1"),
        ({"clean_label": True, "victim": None, "target": 9}, "no sample has the target label 9"),
    ],
)
def test_a_wrong_wish_is_one_sentence(changes, message):
    with pytest.raises(RequestError, match=message) as caught:
        poison_with(clean(), plan(**changes))
    assert "\n" not in str(caught.value)


def test_a_grammar_takes_no_text_and_a_set_without_labels_no_poison():
    with pytest.raises(RequestError, match="takes no text"):
        PoisonPlan(Trigger("grammar", "x"), 0.1)
    bare = SampleSet(("a",), ("def f(): pass",), source="bare.csv")
    with pytest.raises(RequestError, match="'bare.csv' has no labels"):
        poison_with(bare, plan())
    with pytest.raises(RequestError, match="fits none of the 100 possible samples .100 does not"):
        poison_with(clean(set(range(N))), plan())
