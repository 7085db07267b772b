import numpy as np
import torch
from scipy.fft import dctn
from sklearn.cluster import AgglomerativeClustering
from sklearn.decomposition import PCA

from analysis.detect.configs import GradientClustersConfig
from analysis.detect.gradient_clusters import fit_gradient_clusters, spectra
from analysis.detect.gradient_scores import last_sites, output_residuals, score_gradients
from analysis.detect.specs import detector
from analysis.detect.statistics import auc
from analysis.records import Predictions, Site

SITE = Site("encoder", 3, "cls")


def test_the_outer_product_is_the_gradient_of_a_linear_head():
    rng = np.random.default_rng(0)
    hidden, weights = rng.normal(size=(6, 5)), rng.normal(size=(3, 5))
    labels = rng.integers(0, 3, 6)
    layer = torch.tensor(weights, requires_grad=True)
    probabilities = torch.softmax(torch.tensor(hidden) @ layer.T, dim=1)
    said = Predictions("suspect", probabilities.detach().numpy().astype(np.float32), "argmax")
    rows = np.hstack([hidden, output_residuals(said, labels)])
    ours = spectra(rows, GradientClustersConfig(classes=3, cosine=False))
    for row, label in enumerate(labels):
        loss = -torch.log(probabilities[row, label])
        (gradient,) = torch.autograd.grad(loss, layer, retain_graph=True)
        np.testing.assert_allclose(ours[row].reshape(3, 5), gradient.numpy(), atol=1e-6)


def test_the_gradient_of_a_real_head_is_the_outer_product_with_what_its_last_layer_reads():
    torch.manual_seed(0)
    head = torch.nn.Sequential(torch.nn.Linear(6, 5), torch.nn.Tanh(), torch.nn.Linear(5, 3))
    pooled, labels = torch.randn(4, 6), torch.tensor([0, 2, 1, 2])
    read = head[1](head[0](pooled)).detach().numpy()
    said = torch.softmax(head(pooled), dim=1).detach().numpy()
    residuals = output_residuals(Predictions("suspect", said, "argmax"), labels.numpy())
    ours = spectra(np.hstack([read, residuals]), GradientClustersConfig(classes=3, cosine=False))
    for row in range(4):
        loss = torch.nn.functional.cross_entropy(head(pooled[row : row + 1]), labels[row : row + 1])
        (gradient,) = torch.autograd.grad(loss, head[2].weight)
        np.testing.assert_allclose(ours[row].reshape(3, 5), gradient.numpy(), atol=1e-6)


def test_the_cosine_transform_is_the_two_dimensional_one_and_its_lowest_eighth_is_kept():
    rows = np.random.default_rng(1).normal(size=(4, 42))
    found = spectra(rows, GradientClustersConfig(classes=2))
    for row, values in zip(rows, found, strict=True):
        whole = dctn(np.outer(row[-2:], row[:-2]), norm="ortho")
        np.testing.assert_allclose(values.reshape(2, 5), whole[:, :5], atol=1e-12)


def test_clusters_are_those_of_scikit_learn_on_cosine_distances():
    rng = np.random.default_rng(4)
    rows = np.hstack([rng.normal(size=(60, 24)), rng.normal(size=(60, 2))])
    rows[:9, :6] += 6.0
    config = GradientClustersConfig(n_components=4)
    gradients = spectra(rows, config)
    points = PCA(4, svd_solver="full").fit_transform(gradients)
    points /= points.std(axis=0)
    other = AgglomerativeClustering(2, metric="cosine", linkage="average").fit_predict(points)
    small = other == np.bincount(other).argmin()
    fitted = fit_gradient_clusters(rows, config)
    assert fitted.small_share == small.mean()
    unit = points / np.linalg.norm(points, axis=1, keepdims=True)
    middles = [unit[part].mean(axis=0) for part in (small, ~small)]
    cosines = [unit @ (m / np.linalg.norm(m)) for m in middles]
    np.testing.assert_allclose(fitted.score(rows), cosines[0] - cosines[1], atol=1e-9)


def test_a_longer_gradient_of_the_same_direction_scores_alike():
    rng = np.random.default_rng(5)
    rows = np.hstack([rng.normal(size=(50, 16)), rng.normal(size=(50, 2))])
    fitted = fit_gradient_clusters(rows, GradientClustersConfig(cosine=False))
    scaled = np.hstack([rows[:, :16] * 3.0, rows[:, 16:] / 3.0])
    np.testing.assert_allclose(fitted.score(scaled), fitted.score(rows), atol=1e-9)


def test_a_label_outside_the_model_counts_as_the_predicted_class():
    p = np.array([[0.2, 0.8], [0.7, 0.3]], dtype=np.float32)
    said = Predictions("suspect", p, "argmax")
    np.testing.assert_allclose(output_residuals(said, np.array([7, 1])), [[0.2, -0.2], [0.7, -0.7]])
    np.testing.assert_allclose(output_residuals(said, None), [[0.2, -0.2], [-0.3, 0.3]], atol=1e-6)


def test_a_planted_direction_is_found_and_nothing_where_there_is_none():
    rng = np.random.default_rng(2)
    truth = np.arange(300) < 24
    hidden = rng.normal(size=(300, 64)) + 2.0 * np.sign(np.sin(np.arange(64)))
    p = rng.uniform(0.02, 0.1, 300)
    clean = np.column_stack([hidden, -p, p])
    config = GradientClustersConfig()
    nothing = auc(fit_gradient_clusters(clean, config).score(clean), truth)
    assert 0.35 < nothing < 0.65
    hidden = hidden + 5.0 * truth[:, None] * (np.arange(64) < 32)
    planted = np.column_stack([hidden, -p, p])
    fitted = fit_gradient_clusters(planted, config)
    assert auc(fitted.score(planted), truth) > 0.95
    assert fitted.small_share < 0.2


def test_only_the_last_layers_are_asked_and_a_model_without_predictions_is_skipped():
    sites = [Site("encoder", k, "cls") for k in range(4)] + [Site("decoder", 2, "mean")]
    assert last_sites(sites) == {SITE, Site("decoder", 2, "mean")}
    rng = np.random.default_rng(3)
    features = {role: rng.normal(size=(60, 4)).astype(np.float32) for role in ("suspect", "other")}
    groups = {role: {"0": np.arange(45), "1": np.arange(45, 60)} for role in features}
    residuals = {"suspect": rng.normal(size=(60, 2)).astype(np.float32)}
    specs = [detector("gradient_clusters"), detector("spectral")]
    found = list(score_gradients(SITE, features, groups, residuals, specs))
    assert [(s.model, s.group, bool(s.skipped)) for s in found] == [
        ("suspect", "0", False),
        ("suspect", "1", True),
        ("other", "0", True),
        ("other", "1", True),
    ]
    assert np.isfinite(found[0].values).all()
