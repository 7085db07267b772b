"""The cluster rules where the oracles have no case: distance and silhouette."""

import numpy as np
import pytest

from analysis.detect.cluster_analysis import (
    analyze_by_distance,
    analyze_by_relative_size,
    analyze_by_silhouette,
)
from analysis.errors import KenshinError


def two_classes(intruders_at):
    """Class 0 around 0 with five intruders, class 1 around 10; one dimension, no noise."""
    first = np.array([-1.0, 0.0, 1.0, -0.5, 0.5, 0.0, 0.2, -0.2, *[intruders_at] * 5])[:, None]
    second = np.array([9.0, 10.0, 11.0, 9.5])[:, None]
    return [np.array([0] * 8 + [1] * 5), np.array([0, 0, 1, 1])], [first, second]


def test_a_cluster_nearer_to_another_class_is_suspicious():
    clusters, activations = two_classes(intruders_at=9.0)
    first, second = analyze_by_distance(clusters, activations)
    assert first.suspicious.tolist() == [False, True]
    assert second.suspicious.tolist() == [False, False]
    np.testing.assert_allclose(first.shares, [8 / 13, 5 / 13])


def test_a_cluster_on_the_far_side_of_its_own_class_is_not():
    first, _ = analyze_by_distance(*two_classes(intruders_at=-9.0))
    assert not first.suspicious.any()


def test_distance_does_not_change_with_scale_or_place():
    clusters, activations = two_classes(intruders_at=9.0)
    moved = [7.0 * values - 3.0 for values in activations]
    plain, other = analyze_by_distance(clusters, activations), analyze_by_distance(clusters, moved)
    assert [v.suspicious.tolist() for v in plain] == [v.suspicious.tolist() for v in other]


def test_distance_is_for_two_clusters():
    clusters, activations = two_classes(9.0)
    with pytest.raises(KenshinError, match="expected 0 and 1"):
        analyze_by_distance([np.zeros(13, dtype=int), clusters[1]], activations)


@pytest.mark.parametrize(("silhouette", "convinced"), [(0.1, False), (0.11, True)])
def test_silhouette_must_exceed_its_minimum(silhouette, convinced):
    clusters = np.array([0] * 9 + [1])
    small = analyze_by_relative_size(clusters)
    assert small.suspicious.tolist() == [False, True]
    verdict = analyze_by_silhouette(clusters, silhouette)
    assert verdict.suspicious.tolist() == [False, convinced]
    # The published rule keeps a cluster of just 35 %.
    assert not analyze_by_silhouette(np.array([0] * 13 + [1] * 7), 0.9).suspicious.any()
