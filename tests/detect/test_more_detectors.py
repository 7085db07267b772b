"""Detectors that do not weigh: closed forms, planted truth, clean controls."""

import numpy as np
import pytest
from scipy.stats import kurtosis as scipy_kurtosis
from sklearn.neighbors import LocalOutlierFactor

from analysis.detect import configs
from analysis.detect.activation_values import fit_activation_values
from analysis.detect.ecod import fit_ecod
from analysis.detect.gram import fit_gram
from analysis.detect.isolation_forest import fit_isolation_forest
from analysis.detect.kurtosis import fit_kurtosis
from analysis.detect.lof import fit_lof
from analysis.detect.neighbour_ranks import fit_neighbour_ranks, layer_ranks
from analysis.detect.que import fit_que
from analysis.detect.specs import detector
from analysis.detect.spectral import fit_spectral
from analysis.detect.spectral_topk import fit_top_spectral
from analysis.detect.statistics import auc
from analysis.detect.umap_clusters import fit_umap_clusters
from analysis.detect.whitening import canonical_order, whitened
from analysis.errors import RequestError

N, D = 600, 24
VECTORS = (
    "spectral_topk",
    "spectral_whitened",
    "que",
    "kurtosis",
    "lof",
    "isolation_forest",
    "ecod",
    "activation_values",
    "gram",
)
BY_COMPONENT = ("isolation_forest", "ecod")


def planted(count=30, direction=3, size=6.0, spread=1.0, seed=0):
    """Clean rows of falling variance; the last `count` are moved along one axis."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(N, D)) * np.linspace(3.0, 0.3, D)
    truth = np.arange(N) >= N - count
    x[truth] *= spread
    x[truth, direction] += size * np.linspace(3.0, 0.3, D)[direction]
    return x, truth


def scored(name, x):
    spec = detector(name)
    return spec.resolve()(x, spec.config()).score(x)


@pytest.mark.parametrize("name", [n for n in VECTORS if n not in BY_COMPONENT and n != "lof"])
def test_a_rare_group_far_along_one_direction_is_found(name):
    x, truth = planted()
    assert auc(scored(name, x), truth) > 0.9


@pytest.mark.parametrize("name", BY_COMPONENT)
def test_rare_samples_far_out_in_every_direction_are_found(name):
    x, truth = planted(spread=2.0, size=0.0)
    assert auc(scored(name, x), truth) > 0.9
    # Their stated blind spot: one unusual component among many ordinary ones.
    x, truth = planted(size=6.0)
    assert auc(scored(name, x), truth) < 0.85


@pytest.mark.parametrize("name", VECTORS)
def test_nothing_planted_gives_chance(name):
    x, truth = planted(size=0.0)
    assert 0.35 < auc(scored(name, x), truth) < 0.65


def test_one_direction_of_topk_is_the_spectral_signature():
    x, _ = planted()
    one = fit_top_spectral(x, configs.TopSpectralConfig(k=1)).score(x)
    np.testing.assert_allclose(one, fit_spectral(x, configs.SpectralConfig()).score(x), rtol=1e-9)


def test_whitened_spectrum_is_the_mahalanobis_norm_where_all_directions_are_kept():
    x = planted()[0][:, :8]
    centred = x - x.mean(axis=0)
    inverse = np.linalg.inv(np.cov(x.T))
    exact = np.einsum("nd,de,ne->n", centred, inverse, centred)
    ours = fit_top_spectral(x, configs.WhitenedSpectralConfig(k=8)).score(x)
    np.testing.assert_allclose(ours, exact, rtol=1e-9)


def test_plain_topk_misses_what_the_whitened_one_sees():
    rng = np.random.default_rng(4)
    x, truth = rng.normal(size=(N, 10)) * np.array([30.0, 20.0, *[1.0] * 8]), np.arange(N) < 20
    x[truth, 7] += 6.0
    plain = fit_top_spectral(x, configs.TopSpectralConfig()).score(x)
    white = fit_top_spectral(x, configs.WhitenedSpectralConfig()).score(x)
    assert auc(plain, truth) < 0.7
    assert auc(white, truth) > 0.95


@pytest.mark.parametrize("k", [0, 11])
def test_topk_refuses_other_numbers_of_directions(k):
    with pytest.raises(RequestError, match="1 to 10"):
        configs.TopSpectralConfig(k=k)


def test_que_trims_the_poison_out_of_its_covariance():
    x, truth = planted(count=50, direction=5, size=8.0)
    fitted = fit_que(x, configs.QueConfig(n_components=D))
    points = (x - fitted.components.mean) @ fitted.components.axes
    white = (points - fitted.centre) @ fitted.whitening
    clean = white[~truth]
    # Whitened by the clean rows: their variance is near one in every direction (trimming a little
    # too much makes it larger), and poison stands far out.
    assert np.linalg.eigvalsh(np.cov(clean.T)).max() < 1.6
    assert np.median((white[truth] ** 2).sum(1)) > 2 * np.median((clean**2).sum(1))
    assert np.trace(fitted.weights) == pytest.approx(1.0)


def test_que_does_not_change_with_scale_or_rotation():
    x, _ = planted()
    rotation, _ = np.linalg.qr(np.random.default_rng(3).normal(size=(D, D)))
    config = configs.QueConfig(n_components=D)
    plain = fit_que(x, config).score(x)
    turned = fit_que(7.0 * x @ rotation, config).score(7.0 * x @ rotation)
    np.testing.assert_allclose(plain, turned, rtol=1e-6)


def test_kurtosis_finds_the_planted_axis_and_says_how_heavy_it_is():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(4000, 12))
    x[:80, 7] += 8.0  # 2 %: kurtosis far above 3
    fitted = fit_kurtosis(x, configs.KurtosisConfig(directions=1))
    loadings = fitted.space.components.axes / np.sqrt(fitted.space.components.variance)
    direction = loadings @ fitted.directions[:, 0]
    assert abs(direction[7]) / np.linalg.norm(direction) > 0.98
    along = fitted.space.cloud @ fitted.directions[:, 0]
    assert fitted.kurtosis[0] == pytest.approx(scipy_kurtosis(along, fisher=False), rel=1e-3)
    assert fitted.kurtosis[0] > 15
    axes = fitted.space.cloud
    assert fitted.kurtosis[0] >= (axes**4).mean(axis=0).max()


def test_kurtosis_is_blind_to_frequent_poison():
    rare, truth = planted(count=12, size=5.0)
    assert auc(scored("kurtosis", rare), truth) > 0.95
    common, truth = planted(count=200, size=5.0)
    assert auc(scored("kurtosis", common), truth) < 0.8


def test_lof_agrees_with_scikit_learn_and_sees_lone_points_not_groups():
    lone, truth = planted(count=8, spread=3.0, size=0.0)
    model = LocalOutlierFactor(20).fit(lone)
    ours = fit_lof(lone, configs.LofConfig(k=20, n_components=D)).score(lone)
    np.testing.assert_allclose(ours, -model.negative_outlier_factor_, rtol=1e-6)
    assert auc(ours, truth) > 0.95
    group, truth = planted(count=60, size=6.0, spread=0.3)
    assert auc(scored("lof", group), truth) < 0.7


def test_ecod_is_the_sum_of_empirical_tail_surprises():
    x, _ = planted()
    fitted = fit_ecod(x, configs.EcodConfig(n_components=4))
    z = fitted.space.cloud
    left = -np.log((z[None] <= z[:, None] + 1e-9).mean(axis=1))
    right = -np.log((z[None] >= z[:, None] - 1e-9).mean(axis=1))
    skewed = ((z - z.mean(0)) ** 3).mean(axis=0)
    lean = np.where(skewed < 0, left, right)
    expected = np.max([left.sum(1), right.sum(1), lean.sum(1)], axis=0)
    np.testing.assert_allclose(fitted.score(x), expected, rtol=1e-9)


def test_activation_values_are_robust_z_of_single_neurons():
    x, _ = planted(size=0.0)
    x = np.hstack([x, np.full((N, 1), 5.0)])  # a dead neuron says nothing
    x[4, 2] += 100.0
    fitted = fit_activation_values(x, configs.ActivationValuesConfig(top=1))
    middle = np.median(x[:, 2])
    spread = 1.4826 * np.median(np.abs(x[:, 2] - middle))
    assert fitted.score(x)[4] == pytest.approx((x[4, 2] - middle) / spread)
    assert fitted.score(x).argmax() == 4


def test_gram_sees_products_that_single_components_hide():
    """Two components that never go together: each alone stays in its range."""
    rng = np.random.default_rng(2)
    x = rng.normal(size=(N, 4))
    heavy = rng.random(N) < 0.5
    x[heavy, 0] *= 4.0
    x[~heavy, 1] *= 4.0
    truth = np.arange(N) < 10
    x[truth, 0], x[truth, 1] = 6.0, 6.0
    fitted = fit_gram(x, configs.GramConfig(n_components=4, powers=(1,)))
    values = fitted.score(x)
    assert auc(values, truth) > 0.9
    assert (values >= 0).all()


def test_isolation_forest_does_not_depend_on_the_file_order():
    x, _ = planted()
    order = np.random.default_rng(5).permutation(N)
    config = configs.IsolationForestConfig(trees=20)
    np.testing.assert_allclose(
        fit_isolation_forest(x[order], config).score(x[order]),
        fit_isolation_forest(x, config).score(x)[order],
        atol=1e-6,
    )


def test_umap_clusters_flag_the_small_cluster_and_leave_one_cloud_alone():
    # UMAP is drawn to neighbours: the group must stand apart, and be denser than its distance.
    x, truth = planted(count=60, direction=0, size=12.0, spread=0.5)
    config = configs.UmapClustersConfig(max_rows=400)
    fitted = fit_umap_clusters(x, config)
    assert len(fitted.cloud) <= 400
    assert auc(fitted.score(x), truth) > 0.95
    assert fitted.n_clusters >= 2


def test_ranks_count_the_known_samples_before_the_first_of_the_own_class():
    pool = np.array([[0.0], [1.0], [2.0], [3.0], [10.0]])
    classes = np.array([0, 0, 0, 1, 1])
    points = np.array([[0.1], [2.9], [9.0], [0.1]])
    ranks = layer_ranks(points, np.array([0, 1, 0, 1]), pool, classes, own=False)
    assert ranks.tolist() == [0.0, 0.0, 2.0, 3.0]
    own = layer_ranks(pool, classes, pool, classes, own=True)
    assert own.tolist() == [0.0, 0.0, 0.0, 3.0, 0.0]


def test_trajectories_that_jump_stand_out():
    rng = np.random.default_rng(6)
    ranks = rng.integers(0, 5, size=(300, 4)).astype(float)
    ranks[:6, 2] += 200.0
    scores = fit_neighbour_ranks(ranks, configs.NeighbourRanksConfig()).score(ranks)
    assert auc(scores, np.arange(300) < 6) > 0.99


def test_canonical_order_is_the_same_for_every_order_of_the_rows():
    space = whitened(planted()[0], 5)
    order = np.random.default_rng(7).permutation(N)
    straight = space.cloud[canonical_order(space.cloud)]
    shuffled = space.cloud[order][canonical_order(space.cloud[order])]
    np.testing.assert_array_equal(straight, shuffled)
