"""Exact neighbours and the fuzzy neighbourhoods made of them."""

import numpy as np
import pytest
from map_clouds import smooth
from sklearn.neighbors import NearestNeighbors

from analysis.project import knn
from analysis.project.fuzzy import fuzzy_graph, memberships
from analysis.project.knn import Neighbours, nearest, nearest_others


def test_neighbours_agree_with_scikit_learn(monkeypatch):
    data = smooth(150, 10)
    distances, indices = NearestNeighbors(n_neighbors=12, algorithm="brute").fit(data).kneighbors()
    monkeypatch.setattr(knn, "_BLOCK_ENTRIES", 150 * 7)  # several blocks, the last one shorter
    ours = nearest_others(data, 12)
    np.testing.assert_array_equal(ours.indices, indices)
    np.testing.assert_allclose(ours.distances, distances, rtol=1e-5)


def test_a_query_finds_itself_among_the_data_at_distance_zero():
    data = smooth(40, 5) + 1000  # far from the origin, where expanded squares lose digits
    found = nearest(data[7:9], data, 3)
    np.testing.assert_array_equal(found.indices[:, 0], [7, 8])
    np.testing.assert_array_equal(found.distances[:, 0], 0.0)


def test_equal_distances_are_ordered_by_row():
    data = np.zeros((6, 2), dtype=np.float32)
    np.testing.assert_array_equal(nearest_others(data, 5).indices[0], [1, 2, 3, 4, 5])


def test_memberships_sum_to_the_target_and_fall_with_distance():
    distances = nearest_others(smooth(60, 5), 14).distances
    values = memberships(distances, connected=True)
    np.testing.assert_allclose(values.sum(axis=1), np.log2(15), atol=1e-4)
    assert (np.diff(values, axis=1) <= 1e-12).all()
    np.testing.assert_array_equal(values[:, 0], 1.0)


def test_fuzzy_graph_agrees_with_umap_learn():
    from umap.umap_ import fuzzy_simplicial_set

    data = smooth(80, 6)
    data[5] = data[4]  # a duplicate: distance 0 must not become the local scale
    found = nearest_others(data, 14)
    own = np.arange(80)[:, None]
    theirs, _, _ = fuzzy_simplicial_set(
        data,
        15,
        np.random.RandomState(0),
        "euclidean",
        knn_indices=np.hstack([own, found.indices]).astype(np.int32),
        knn_dists=np.hstack([np.zeros((80, 1)), found.distances]).astype(np.float32),
    )
    ours = fuzzy_graph(Neighbours(found.indices, found.distances))
    np.testing.assert_allclose(ours.toarray(), theirs.toarray(), atol=2e-5)


@pytest.mark.parametrize("connected", [True, False])
def test_memberships_of_points_that_coincide_are_full(connected):
    np.testing.assert_array_equal(memberships(np.zeros((3, 5)), connected), 1.0)
