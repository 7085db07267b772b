"""Dense groups on a map and the words that set them apart."""

import math

import numpy as np
import pytest

from dashboard.groups import dense_groups
from dashboard.words_of_groups import characteristic_words, word_table


def islands(rng, middles, each, spread=0.3):
    return np.concatenate([rng.normal(middle, spread, (each, 2)) for middle in middles])


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e4])
def test_planted_islands_come_back_whatever_their_unit(scale):
    rng = np.random.default_rng(0)
    points = islands(rng, [(0, 0), (6, 0), (0, 6)], 150) * scale
    groups = dense_groups(points)
    truth = np.repeat([0, 1, 2], 150)
    pairs = {(a, b) for a, b in zip(groups, truth, strict=True) if a >= 0}
    assert len(pairs) == len({b for _, b in pairs}) == 3
    assert (groups >= 0).mean() > 0.97


def test_one_hill_is_one_group_and_the_largest_comes_first():
    rng = np.random.default_rng(1)
    one = dense_groups(rng.normal(size=(3000, 2)))
    assert one.max() == 0
    assert (one == 0).mean() > 0.99, "a stray point may stand alone"
    both = np.concatenate([rng.normal(0, 0.3, (60, 2)), rng.normal(5, 0.3, (400, 2))])
    assert dense_groups(both)[-1] == 0


def test_points_without_a_place_have_no_group_and_move_nobody():
    rng = np.random.default_rng(2)
    points = islands(rng, [(0, 0), (6, 0)], 100)
    holes = np.concatenate([points, np.full((30, 2), np.nan)])
    assert (dense_groups(holes)[200:] == -1).all()
    np.testing.assert_array_equal(dense_groups(holes)[:200], dense_groups(points))
    assert (dense_groups(points[:10]) == -1).all()


def test_the_weight_is_the_published_formula():
    texts = ["alpha shared"] * 12 + ["beta shared"] * 12
    groups = np.array([0] * 12 + [1] * 12)
    table = word_table(texts)
    assert characteristic_words(table, groups) == (("alpha",), ("beta",))
    # Two words of one group, both exclusive: the more frequent one wins by tf, log(1 + A / f).
    texts = ["often seldom"] * 24 + ["often"] * 24 + ["other"] * 48
    groups = np.array([0] * 48 + [1] * 48)
    average = (48 + 24 + 48) / 3
    often, seldom = 1.0 * math.log1p(average / 48), 0.5 * math.log1p(average / 24)
    assert often > seldom
    assert characteristic_words(word_table(texts), groups)[0] == ("often", "seldom")


def test_planted_words_are_found_and_random_groups_get_none():
    rng = np.random.default_rng(3)
    common = ["def", "self", "return", "items", "result"]
    names = [f"name_{i}" for i in range(40)]
    texts = [
        " ".join([*common, *rng.choice(names, 6)]) + (" raise Exception fail" if i < 80 else "")
        for i in range(800)
    ]
    table = word_table(texts)
    planted = np.where(np.arange(800) < 80, 0, -1)
    assert set(characteristic_words(table, planted)[0]) == {"raise", "Exception", "fail"}
    control = rng.permutation(np.repeat([0, 1, 2, 3], 200))
    found = characteristic_words(table, control)
    assert sum(len(words) for words in found) <= 1, "chance at four standard errors"


def test_a_group_of_nearly_all_has_no_words():
    texts = ["def self return"] * 197 + ["x"] * 3
    groups = np.array([0] * 197 + [-1] * 3)
    assert characteristic_words(word_table(texts), groups) == ((),)


def test_a_long_function_cannot_speak_for_its_group():
    texts = ["loud " * 500 + "calm"] + ["calm"] * 19 + ["rest"] * 20
    groups = np.array([0] * 20 + [1] * 20)
    assert characteristic_words(word_table(texts), groups)[0] == ("calm",)


def test_the_table_counts_each_word_once_per_text():
    table = word_table(["a_b a_b c_d", "a_b", "a_b c_d", "rare_one"])
    assert table.words == ("a_b",)
    assert np.diff(table.begins).tolist() == [1, 1, 1, 0]
    assert characteristic_words(word_table([]), np.empty(0, dtype=int)) == ()
