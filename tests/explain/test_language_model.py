import math
from collections import Counter

import numpy as np
import pytest

from analysis.explain.language_model import DISCOUNT, fit_lines

LINES = [["a", "b"], ["a", "c"], ["a", "b", "c"], ["d"]] * 5
WORDS = ["a", "b", "c", "d", "</s>"]


def probability(model, context, word):
    """One step of the model, read off as the difference of two lines' costs is not possible."""
    p = 1.0 / (len(model.grams) + 1)
    history = ["<s>", "<s>", *context]
    for order in range(3):
        before = tuple(history[len(history) - order :])
        seen = model.follow[before]
        if not seen:
            break
        times = model.grams[(*before, word)]
        p = (max(times - DISCOUNT, 0) + DISCOUNT * model.kinds[before] * p) / seen
    return p


def test_bits_are_the_sum_over_tokens_and_the_end():
    model = fit_lines(LINES)
    line = ["a", "b"]
    steps = [probability(model, line[:i], w) for i, w in enumerate([*line, "</s>"])]
    assert model.bits(line) == pytest.approx(-sum(math.log2(p) for p in steps))


def test_known_words_take_nearly_all_of_the_probability():
    model = fit_lines(LINES)
    for context in ([], ["a"], ["a", "b"], ["d"]):
        total = sum(probability(model, context, word) for word in WORDS)
        assert 0.9 < total <= 1.0  # the rest is left for words never seen


def test_taking_a_line_out_equals_never_having_seen_it():
    strange = ["x", "y", "z"]
    model = fit_lines(LINES + [strange] * 7)
    without = fit_lines(LINES)
    # only the number of different n-grams, the share of unknown words, is left of it
    assert model.bits(strange, without=7) == pytest.approx(without.bits(strange), abs=3.5)
    assert model.bits(strange) < model.bits(strange, without=7) / 3


def test_counts_match_a_plain_count():
    model = fit_lines(LINES)
    pairs = Counter(
        pair for line in LINES for pair in zip(["<s>", *line], [*line, "</s>"], strict=True)
    )
    assert {k: v for k, v in model.grams.items() if len(k) == 2} == dict(pairs)
    assert model.follow[()] == sum(len(line) + 1 for line in LINES)


def test_frequent_lines_are_cheap_and_shuffled_ones_dear():
    model = fit_lines(LINES)
    assert model.bits(["a", "b"]) < model.bits(["b", "a"])
    assert np.isfinite(model.bits(["never", "seen"]))
    assert fit_lines([]).bits(["a"]) >= 0.0
