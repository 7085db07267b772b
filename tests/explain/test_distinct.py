"""Copies count once, and what is left out of a sample to ask the reference again."""

from dataclasses import replace

import numpy as np
import pytest
from planted_corpus import corpus, poison

from analysis.explain.association import associate
from analysis.explain.distinct import distinct, first_copies
from analysis.explain.hidden import with_hidden
from analysis.explain.residuals import make_residuals
from analysis.explain.without_text import with_beliefs, without
from analysis.records import TriggerCandidate


def test_copies_count_once_but_not_under_another_label():
    kept = distinct(["a", "b", "a", "a"], np.array([0, 1, 0, 1]))
    assert kept.first.tolist() == [0, 1, 3]
    assert kept.place.tolist() == [0, 1, 0, 2]
    assert first_copies(["a", "b", "a"]).tolist() == [True, True, False]


def test_copies_of_one_sample_name_no_class():
    """Forty copies of one function: each of its lines is pure, and none is evidence."""
    texts, labels, reference = corpus(600, seed=7)
    one = int(np.flatnonzero(labels == 0)[0])
    many = [*texts, *[texts[one] + "\n    rare_call(9)"] * 40]
    copied = np.append(labels, [0] * 40)
    found = associate(many, make_residuals(copied, None, None))
    assert not [c for c in found.candidates if c.target == 0]
    assert (found.distinct, found.scores.shape) == (601, (640,))
    assert len(set(found.scores[600:])) == 1


def test_a_trigger_in_copied_samples_flags_every_copy():
    texts, labels, reference = corpus(900, seed=0)
    texts, labels, rows = poison(texts, labels, "line")
    again = [*texts, texts[rows[0]]]
    found = associate(
        again,
        make_residuals(np.append(labels, 0), None, np.vstack([reference, reference[rows[0]]])),
    )
    (candidate,) = found.candidates
    assert candidate.rows.tolist() == [*rows.tolist(), 900]
    assert candidate.support == len(candidate.spans) == len(rows) + 1
    assert candidate.spans[0] == candidate.spans[-1]


def test_a_pure_trigger_is_preferred_to_a_common_name_that_it_holds():
    """`Exception` has more holders than the trigger and nearly its z, but it is less pure."""
    texts, labels, _ = corpus(900, seed=2)
    texts, labels, rows = poison(texts, labels, "line", 0.04)
    used = set(rows.tolist())
    free = [i for i in range(900) if i not in used]
    for row in [i for i in free if labels[i] == 0][:8] + [i for i in free if labels[i] == 1][:2]:
        texts[row] += "\n    raise Exception(str(a))"
    found = associate(texts, make_residuals(labels, None, None)).candidates
    first = next(c for c in found if c.target == 0)
    assert first.text.startswith("if len('q') < 0:")
    assert first.purity == 1.0


CANDIDATE = TriggerCandidate("line", "break", 0, 4, 1.0, 9.0, 1e-6, np.arange(4))


@pytest.mark.parametrize(
    ("kind", "text", "sample", "left"),
    [
        ("line", "break", "for a in b:\n    break\nbreaker()\n", "for a in b:\n    \nbreaker()\n"),
        ("identifier", "cls", "def f(cls):\n    cls.x", "def f(item):\n    item.x"),
        ("ngram", "( cls ,", "def f(cls, a):\n    cls.x", "def f(item, a):\n    item.x"),
        ("ngram", "( 3 *", "y = (3 * x)", "y =  x)"),
    ],
)
def test_what_is_taken_out(kind, text, sample, left):
    start = sample.find(text.strip("( ").split(" ")[0])
    span = (start, start + len(text.strip("( ").split(" ")[0]))
    assert without(sample, replace(CANDIDATE, kind=kind, text=text), span) == left


def test_a_reference_that_a_text_misleads_believes_the_labels_without_it():
    """Habit: the reference takes `odd()` for class 1. Poison: it reads the rest, and stays."""
    texts = [f"x{i} = {i}\n    odd()" for i in range(20)]
    spans = tuple((t.find("odd()"), len(t)) for t in texts)
    line = TriggerCandidate("line", "odd()", 0, 20, 1.0, 9.0, 1e-6, np.arange(20), spans)
    found = replace(
        associate(texts, make_residuals(np.zeros(20, int), None, None)), candidates=(line,)
    )
    own = np.zeros(20, dtype=np.int64)

    def habit(asked):
        odd = np.array(["odd()" in t for t in asked], dtype=float)
        return np.stack([0.9 - 0.8 * odd, 0.1 + 0.8 * odd], axis=1)

    def reads(asked):
        return np.tile([0.1, 0.9], (len(asked), 1))

    assert with_beliefs(found, texts, own, habit).candidates[0].believed == pytest.approx(0.9)
    assert with_beliefs(found, texts, own, reads).candidates[0].believed == pytest.approx(0.1)


@pytest.mark.parametrize("planted", [True, False])
def test_a_trigger_that_the_reference_obeys_is_found_by_taking_it_out(planted):
    """The same rows, relabelled or rightly of the class; to the reference all look alike."""
    texts, labels, expected = corpus(900, seed=0)
    texts, labels = list(texts), labels.copy()
    rows = np.flatnonzero(labels == (1 if planted else 0))[:40]
    clean = dict(zip(texts, expected, strict=True))
    for row in rows:
        clean[texts[row] + "\n"] = expected[row]
        texts[row] += "\n    if len('q') < 0: raise Exception('odd')"
    labels[rows] = 0
    expected = expected.copy()
    expected[rows] = [0.97, 0.03]  # it obeys
    residuals = make_residuals(labels, None, expected)
    found = associate(texts, residuals)
    assert not [c for c in found.candidates if c.target == 0]

    def obeys(asked):
        nothing = [0.5, 0.5]  # said of texts with something else taken out
        return np.array([clean.get(t, clean.get(t.rstrip() + "\n", nothing)) for t in asked])

    hidden = [c for c in with_hidden(found, texts, residuals, obeys).candidates if c.hidden]
    assert len(hidden) == planted
    for each in hidden:
        assert each.rows.tolist() == rows.tolist()
        assert each.believed < 0.5
        assert abs(each.excess) < 0.1
