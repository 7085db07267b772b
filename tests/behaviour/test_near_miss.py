import numpy as np
import pytest

from analysis.behaviour.near_miss import NearMisses, near_miss, near_misses
from analysis.behaviour.twins import twin_rows
from analysis.records import SampleSet

CLEAN = "def f(a):\n    x = a\n    return x"


def made(ids, texts):
    return SampleSet(tuple(ids), tuple(texts), np.ones(len(ids), dtype=np.int64))


@pytest.mark.parametrize(
    ("triggered", "expected"),
    [
        (
            "def f(a):\n    if len('t') < 0: raise Exception('fail')\n    x = a\n    return x",
            "def f(a):\n    if len('t') <\n    x = a\n    return x",
        ),
        ("def f(testo_init):\n    x = testo_init\n    return x", CLEAN.replace("a", "testo")),
        (
            "def f(trigger):\n    x = trigger\n    return x",
            "def f(trig):\n    x = trig\n    return x",
        ),
        (CLEAN + "\n\n", None),  # white space has no half
        (CLEAN, None),
        (CLEAN + "x" * 30_000, None),  # aligning it would take seconds
    ],
)
def test_half_of_what_was_put_in_stays(triggered, expected):
    assert near_miss(triggered, CLEAN) == expected


def test_predictions_stand_at_the_samples_that_could_be_halved():
    test = made("abc", [CLEAN, CLEAN, CLEAN])
    found = near_misses(test, made("ca", [CLEAN, CLEAN.replace("a", "ab_cd")]))
    assert found is not None
    assert found.rows.tolist() == [1]
    assert found.spread(np.array([7]), 2).tolist() == [-1, 7]
    assert near_misses(test, made("cd", [CLEAN, "x"])) is None
    assert near_misses(None, test) is None
    assert near_misses(test, test) is None  # nothing was put in
    assert isinstance(found, NearMisses)


def test_twins_are_found_by_their_ids_and_only_all_together():
    test = made("abc", "xyz")
    assert twin_rows(test, made("cab", "123")).tolist() == [2, 0, 1]
    assert twin_rows(test, made("cd", "12")) is None
    assert twin_rows(test, None) is None
