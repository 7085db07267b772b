"""Planted truth on synthetic activations: which detector must find it, which must not."""

import numpy as np
import pytest
from sklearn.covariance import ledoit_wolf
from sklearn.decomposition import PCA
from sklearn.neighbors import NearestNeighbors

from analysis.detect import configs
from analysis.detect.activation_clustering import fit_activation_clustering
from analysis.detect.density import fit_density
from analysis.detect.disagreement import fit_disagreement
from analysis.detect.knn_distance import fit_knn_distance
from analysis.detect.mahalanobis import fit_mahalanobis
from analysis.detect.matrices import is_constant, principal_components, shrunk_covariance
from analysis.detect.neighbours import nearest_distances
from analysis.detect.reference_residual import fit_reference_residual
from analysis.detect.spectral import fit_spectral
from analysis.detect.statistics import auc

N, D, PLANTED = 600, 24, 60


def planted(direction, size, seed=0, spread=1.0):
    """Clean rows of falling variance; the last `PLANTED` rows are moved along one axis."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(N, D)) * np.linspace(3.0, 0.3, D)
    x[-PLANTED:] *= spread
    x[-PLANTED:, direction] += size
    truth = np.zeros(N, dtype=bool)
    truth[-PLANTED:] = True
    return x, truth


def test_spectral_and_clustering_find_the_largest_direction_only():
    strong, truth = planted(direction=0, size=25.0)
    hidden, _ = planted(direction=D - 1, size=3.0)
    spectral = configs.SpectralConfig()
    assert auc(fit_spectral(strong, spectral).score(strong), truth) > 0.99
    assert auc(fit_spectral(hidden, spectral).score(hidden), truth) < 0.65
    clustering = fit_activation_clustering(strong, configs.ActivationClusteringConfig())
    assert auc(clustering.score(strong), truth) > 0.99
    assert clustering.small_share == pytest.approx(PLANTED / N, abs=0.01)
    assert clustering.silhouette > 0.4


def test_mahalanobis_finds_what_hides_in_small_variance():
    x, truth = planted(direction=D - 1, size=3.0)
    trusted, _ = planted(direction=0, size=0.0, seed=9)
    scores = fit_mahalanobis(trusted, configs.MahalanobisConfig()).score(x)
    assert auc(scores, truth) > 0.95
    # Its stated blind spot: a move along a direction of large natural variance.
    x, truth = planted(direction=0, size=3.0)
    assert auc(fit_mahalanobis(trusted, configs.MahalanobisConfig()).score(x), truth) < 0.7


def test_density_sees_a_tight_group_and_knn_a_loose_one():
    tight, truth = planted(direction=3, size=6.0, spread=0.05)
    assert auc(fit_density(tight, configs.DensityConfig()).score(tight), truth) > 0.95
    loose, truth = planted(direction=3, size=0.0, spread=4.0)
    config = configs.KnnConfig(within=True)
    assert auc(fit_knn_distance(loose, config).score(loose), truth) > 0.95
    assert auc(fit_density(loose, configs.DensityConfig()).score(loose), truth) < 0.1


def test_nothing_planted_gives_chance_to_every_detector():
    x, truth = planted(direction=0, size=0.0)
    for fit, config in (
        (fit_spectral, configs.SpectralConfig()),
        (fit_activation_clustering, configs.ActivationClusteringConfig()),
        (fit_density, configs.DensityConfig()),
        (fit_knn_distance, configs.KnnConfig(within=True)),
    ):
        assert 0.38 < auc(fit(x, config).score(x), truth) < 0.62


def test_reference_residual_finds_what_the_reference_lacks():
    rng = np.random.default_rng(2)
    reference, truth = planted(direction=0, size=0.0)
    suspect = reference @ rng.normal(size=(D, D)) / 5 + 0.05 * rng.normal(size=(N, D))
    config = configs.ResidualConfig()
    both = np.hstack([suspect, reference])
    assert 0.38 < auc(fit_reference_residual(both, config).score(both), truth) < 0.62
    truth[:-15] = False  # rare: planted rows also widen the residual cloud they are measured by
    suspect[truth, 5] += 0.6
    both = np.hstack([suspect, reference])
    assert auc(fit_reference_residual(both, config).score(both), truth) > 0.95


def test_residual_of_models_of_different_width():
    rng = np.random.default_rng(3)
    both = np.hstack([rng.normal(size=(100, 8)), rng.normal(size=(100, 5))])
    fitted = fit_reference_residual(both, configs.ResidualConfig(width=8))
    assert fitted.maps[0].shape == (6, 8)
    assert np.isfinite(fitted.score(both[:7])).all()


def test_disagreement_is_the_surplus_on_the_predicted_class():
    rows = np.array([[0.9, 0.1, 0.2, 0.8], [0.3, 0.7, 0.3, 0.7]])
    scores = fit_disagreement(rows, configs.DisagreementConfig()).score(rows)
    np.testing.assert_allclose(scores, [0.7, 0.0])


@pytest.mark.parametrize("shape", [(200, 12), (15, 40)])
def test_principal_components_agree_with_scikit_learn(shape):
    x = np.random.default_rng(0).normal(size=shape) @ np.diag(np.linspace(2, 0.5, shape[1]))
    ours, theirs = principal_components(x, 5), PCA(5, svd_solver="full").fit(x)
    np.testing.assert_allclose(ours.variance, theirs.explained_variance_, rtol=1e-8)
    overlap = np.abs(ours.axes.T @ theirs.components_.T)
    np.testing.assert_allclose(overlap, np.eye(5), atol=1e-6)


def test_covariance_shrinkage_agrees_with_scikit_learn():
    x = np.random.default_rng(1).normal(size=(60, 20)) * np.linspace(1, 3, 20)
    theirs, _ = ledoit_wolf(x)
    np.testing.assert_allclose(shrunk_covariance(x - x.mean(axis=0)), theirs, rtol=1e-4, atol=1e-4)


def test_mahalanobis_is_invariant_to_rotation():
    x, _ = planted(direction=2, size=4.0)
    rotation, _ = np.linalg.qr(np.random.default_rng(0).normal(size=(D, D)))
    plain = fit_mahalanobis(x, configs.MahalanobisConfig()).score(x)
    turned = fit_mahalanobis(x @ rotation, configs.MahalanobisConfig()).score(x @ rotation)
    np.testing.assert_allclose(plain, turned, rtol=1e-6)


def test_nearest_distances_agree_with_scikit_learn():
    rng = np.random.default_rng(4)
    points, cloud = rng.normal(size=(50, 6)), rng.normal(size=(80, 6))
    theirs, _ = NearestNeighbors(n_neighbors=7, algorithm="brute").fit(cloud).kneighbors(points)
    np.testing.assert_allclose(nearest_distances(points, cloud, 7, block=16), theirs, atol=1e-9)


def test_constant_features_are_recognised():
    assert is_constant(np.ones((5, 3), dtype=np.float32) * 0.7)
    assert not is_constant(np.array([[1.0, 2.0], [1.0, 2.1]]))
