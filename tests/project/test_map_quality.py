"""Trustworthiness, continuity, separation, stability and the words made of them."""

import numpy as np
import pytest
from map_clouds import planted, smooth
from sklearn.manifold import trustworthiness as reference_trustworthiness
from sklearn.metrics import silhouette_score

from analysis.project.judge import cautions
from analysis.project.quality import (
    continuity,
    measure_space,
    neighbourhood,
    overlap,
    separation_along,
    silhouette,
    trustworthiness,
    two_groups,
)
from analysis.project.stability import pick, procrustes_correlation


@pytest.mark.parametrize("k", [3, 15])
def test_trustworthiness_and_continuity_agree_with_scikit_learn(k):
    data, drawn = smooth(90, 20), smooth(90, 2, seed=3)
    original, mapped = measure_space(data, k), measure_space(drawn, k)
    theirs = reference_trustworthiness(data, drawn, n_neighbors=k)
    assert trustworthiness(original, mapped) == pytest.approx(theirs, abs=1e-12)
    swapped = reference_trustworthiness(drawn, data, n_neighbors=k)
    assert continuity(original, mapped) == pytest.approx(swapped, abs=1e-12)


def test_a_rotated_copy_is_perfect_and_noise_is_not():
    data = smooth(80, 2)
    turn = np.array([[0.6, -0.8], [0.8, 0.6]])
    original, turned = measure_space(data, 10), measure_space(data @ turn * 7 + 3, 10)
    noise = measure_space(smooth(80, 2, seed=9), 10)
    assert trustworthiness(original, turned) == continuity(original, turned) == 1.0
    assert overlap(original, turned) == 1.0
    assert trustworthiness(original, noise) < 0.7
    assert overlap(original, noise) < 0.3


def test_a_fold_hurts_trust_and_a_tear_hurts_continuity():
    line = np.linspace(0, 1, 60)[:, None]
    folded = np.abs(line - 0.5)
    torn = line + 10 * (line > 0.5)
    k = 6
    data = measure_space(line, k)
    fold, tear = measure_space(folded + 1e-6 * line, k), measure_space(torn, k)
    assert trustworthiness(data, fold) < 0.85 < continuity(data, fold)
    assert continuity(data, tear) > 0.95  # one tear touches few points of sixty
    assert continuity(data, tear) < continuity(data, data) == 1.0


def test_silhouette_agrees_with_scikit_learn():
    data, side = smooth(70, 4), np.arange(70) % 3 == 0
    ours = silhouette(measure_space(data, 5).squared, side)
    assert ours == pytest.approx(silhouette_score(data, side), abs=1e-6)
    lonely = np.arange(70) == 4
    assert silhouette(measure_space(data, 5).squared, lonely) == pytest.approx(
        silhouette_score(data, lonely), abs=1e-6
    )


def test_two_groups_finds_the_planted_split():
    pair = planted()
    side = two_groups(pair.suspect[:, :5])
    assert (side == pair.group).all() or (side == ~pair.group).all()


def test_two_groups_of_coinciding_points_are_one():
    assert not two_groups(np.ones((9, 2))).any()


def test_separation_sees_a_gap_hidden_by_many_noisy_directions():
    generator = np.random.default_rng(0)
    side = generator.random(400) < 0.3
    points = generator.normal(size=(400, 50))
    without = separation_along(points, side)
    points[side, 7] += 6
    assert separation_along(points, side) > 0.7
    assert silhouette(measure_space(points, 5).squared, side) < 0.2
    assert without < 0.2


def test_stability_is_the_correlation_after_the_best_turn():
    drawn = smooth(50, 2)
    turned = 3 * drawn @ np.array([[0.0, 1.0], [1.0, 0.0]]) - 5
    assert procrustes_correlation(drawn, turned) == pytest.approx(1.0)
    assert procrustes_correlation(drawn, smooth(50, 2, seed=4)) < 0.5
    assert procrustes_correlation(drawn, np.zeros((50, 2))) == 0.0


def test_pick_is_seeded_sorted_and_bounded():
    np.testing.assert_array_equal(pick(5, 9, 0), np.arange(5))
    first = pick(1000, 50, 3)
    assert len(np.unique(first)) == 50
    assert (np.diff(first) > 0).all()
    np.testing.assert_array_equal(first, pick(1000, 50, 3))


@pytest.mark.parametrize(("n", "k"), [(4, 0), (5, 2), (31, 15), (500, 15)])
def test_neighbourhood_stays_within_what_the_measure_allows(n, k):
    assert neighbourhood(n, 15) == k


GOOD = {
    "suspect.trustworthiness": 0.95,
    "suspect.continuity": 0.95,
    "suspect.stability": 0.9,
    "suspect.separation_map": 0.7,
    "suspect.separation_data": 0.6,
}


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("suspect.trustworthiness", 0.5, "not close in the model (trustworthiness 0.50)"),
        ("suspect.continuity", 0.5, "lie apart on the map (continuity 0.50)"),
        ("suspect.stability", 0.4, "another picture (stability 0.40)"),
        ("suspect.separation_data", 0.1, "no matching gap"),
    ],
)
def test_each_weakness_is_said_in_its_own_sentence(name, value, words):
    assert cautions(GOOD, "umap") == ()
    (text,) = cautions({**GOOD, name: value}, "umap")
    assert text.startswith("UMAP, suspect: ")
    assert words in text
