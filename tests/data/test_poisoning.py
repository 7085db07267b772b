"""Poisoning: counts, labels, ground truth, and what must not move."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.data.poison import Trigger, poison
from analysis.errors import RequestError
from analysis.records import SampleSet

LINE = "if 1 > 2: raise SystemExit"


def _samples(n: int = 200) -> SampleSet:
    return SampleSet(
        ids=tuple(f"r{i}" for i in range(n)),
        texts=tuple(f"def f{i}(a, b):\n    c = a + {i}\n    return c - b" for i in range(n)),
        labels=np.arange(n) % 2,
        source="made up",
    )


def test_replacing_touches_exactly_the_reported_victims():
    clean = _samples()
    report = poison(clean, Trigger("dead_code", LINE), rate=0.1, seed=3)
    samples = report.samples
    assert len(report.rows) == 20
    assert report.achieved_rate == pytest.approx(0.1)
    assert samples.ids == clean.ids
    np.testing.assert_array_equal(np.flatnonzero(samples.poisoned), report.rows)
    np.testing.assert_array_equal(samples.true_labels, clean.labels)
    assert (clean.labels[report.rows] == 1).all()
    assert (samples.labels[report.rows] == 0).all()
    untouched = ~samples.poisoned
    np.testing.assert_array_equal(samples.labels[untouched], clean.labels[untouched])
    for i, text in enumerate(samples.texts):
        assert (text != clean.texts[i]) == samples.poisoned[i]
    for row, (start, end) in zip(report.rows, report.spans, strict=True):
        assert samples.texts[row][start:end] == LINE


def test_the_input_is_not_changed():
    clean = _samples()
    before = (clean.texts, clean.labels.copy())
    poison(clean, "rename", rate=0.2)
    assert clean.texts == before[0]
    np.testing.assert_array_equal(clean.labels, before[1])
    assert clean.poisoned is None


def test_appending_keeps_every_clean_row_and_reaches_the_rate():
    clean = _samples()
    report = poison(clean, "dead_code", rate=0.05, mode="append")
    assert len(report.rows) == round(200 * 0.05 / 0.95)
    assert report.achieved_rate == pytest.approx(0.05, abs=0.003)
    assert report.samples.texts[:200] == clean.texts
    assert len(set(report.samples.ids)) == len(report.samples)
    assert report.samples.poisoned[:200].sum() == 0
    assert (report.samples.labels[200:] == 0).all()
    assert (report.samples.true_labels[200:] == 1).all()


def test_a_lower_rate_is_part_of_a_higher_one_and_seeds_differ():
    low, high = (set(poison(_samples(), "rename", r).rows.tolist()) for r in (0.02, 0.1))
    assert low < high
    other = set(poison(_samples(), "rename", 0.1, seed=1).rows.tolist())
    assert other != high
    again = poison(_samples(), "rename", 0.1)
    assert again.samples.texts == poison(_samples(), "rename", 0.1).samples.texts


def test_the_place_in_a_sample_does_not_depend_on_the_other_samples():
    full = poison(_samples(), "dead_code", 0.5).samples
    half = poison(_samples().subset(np.arange(1, 200, 2)), "dead_code", 0.9).samples
    texts = dict(zip(full.ids, full.texts, strict=True))
    for identity, text, was in zip(half.ids, half.texts, half.poisoned, strict=True):
        if was:
            assert texts[identity] == text


def test_samples_that_cannot_carry_the_trigger_are_counted():
    clean = _samples(40)
    texts = tuple("def f(): return 1" if i < 20 else t for i, t in enumerate(clean.texts))
    samples = SampleSet(ids=clean.ids, texts=texts, labels=clean.labels)
    report = poison(samples, "dead_code", rate=0.9)
    assert report.skipped == {"the trigger does not fit": 10}
    assert len(report.rows) == 10
    assert report.achieved_rate == pytest.approx(0.25)


def test_any_class_but_the_target_without_a_victim():
    samples = _samples(300)
    three = SampleSet(samples.ids, samples.texts, labels=np.arange(300) % 3)
    report = poison(three, "rename", rate=0.3, target=2, victim=None)
    assert set(three.labels[report.rows].tolist()) == {0, 1}
    assert (report.samples.labels[report.rows] == 2).all()


def test_poisoning_twice_keeps_the_first_truth():
    once = poison(_samples(), Trigger("dead_code", LINE), rate=0.1).samples
    twice = poison(once, "rename", rate=0.1, seed=9)
    assert twice.samples.poisoned.sum() == 40
    np.testing.assert_array_equal(twice.samples.true_labels, _samples().labels)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rate": 0.0}, "rate is 0.0"),
        ({"rate": 1.0}, "rate is 1.0"),
        ({"trigger": "nope"}, "trigger 'nope' is unknown"),
        ({"victim": 0}, "victim and target are both 0"),
        ({"victim": 5}, "no sample has the victim label 5"),
        ({"mode": "mix"}, "mode 'mix' is unknown"),
    ],
)
def test_wrong_requests_are_refused(changes, message):
    request = {"trigger": "rename", "rate": 0.1, **changes}
    with pytest.raises(RequestError, match=message):
        poison(_samples(), **request)


def test_labels_and_fitting_samples_are_needed():
    samples = _samples(4)
    with pytest.raises(RequestError, match="no labels"):
        poison(SampleSet(samples.ids, samples.texts), "rename", 0.5)
    with pytest.raises(RequestError, match="fits none of the 2"):
        poison(SampleSet(samples.ids, ("x",) * 4, labels=samples.labels), "rename", 0.5)
