import numpy as np
import pytest

from analysis.detect.paths import places


def cloud(seed=0, d=6):
    """Two classes of 100; the first ten rows stand with others of their kind at `away`."""
    rng = np.random.default_rng(seed)
    classes = np.repeat([0, 1], 100)
    features = rng.normal(size=(200, d)) + 6.0 * classes[:, None]
    features[:10] += 20.0 * (np.arange(d) == 0)
    return features, classes, np.arange(10)


def test_distances_are_in_units_of_the_class_and_leave_the_sample_out():
    features, classes, located = cloud()
    rows = np.array([3, 150])
    at = places(features[rows], features, classes, np.array([0, 1]), located, rows)
    members = features[10:100]
    centre = members.mean(axis=0)
    spread = np.sqrt(((members - centre) ** 2).sum(axis=1).mean())
    assert at.own[0] == pytest.approx(np.linalg.norm(features[3] - centre) / spread)
    others = features[[r for r in range(10) if r != 3]].mean(axis=0)
    assert at.group[0] == pytest.approx(np.linalg.norm(features[3] - others) / spread)
    group = features[:10].mean(axis=0)
    own = features[100:]
    unit = np.sqrt(((own - own.mean(axis=0)) ** 2).sum(axis=1).mean())
    assert at.group[1] == pytest.approx(np.linalg.norm(features[150] - group) / unit)


def test_a_triggered_sample_stands_with_its_group_and_a_repaired_one_with_its_class():
    features, classes, located = cloud()
    own = np.zeros(10, dtype=int)
    given = places(features[:10], features, classes, own, located, located)
    repaired = features[:10] - 20.0 * (np.arange(6) == 0)
    taken = places(repaired, features, classes, own, located, located)
    assert (given.group < given.own).all()
    assert (taken.group > taken.own).all()


def test_scale_and_shift_of_a_layer_change_nothing():
    features, classes, located = cloud()
    own = np.zeros(10, dtype=int)
    one = places(features[:10], features, classes, own, located, located)
    moved = 7.0 * features + 3.0
    other = places(moved[:10], moved, classes, own, located, located)
    np.testing.assert_allclose(one.own, other.own)
    np.testing.assert_allclose(one.group, other.group)


def test_a_layer_without_any_variation_and_an_unknown_class_have_no_place():
    features, classes, located = cloud()
    same = np.ones_like(features)
    at = places(same[:2], same, classes, np.zeros(2, dtype=int), located, located[:2])
    assert np.isnan(at.own).all()
    lost = places(features[:1], features, classes, np.array([9]), located, located[:1])
    assert np.isnan(lost.own).all()
    alone = places(features[:1], features, classes, np.array([0]), located[:1], located[:1])
    assert np.isnan(alone.group).all()
