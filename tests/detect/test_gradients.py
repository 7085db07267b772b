import numpy as np
import torch
from scipy.fft import dctn

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


def test_the_cosine_transform_is_the_two_dimensional_one():
    rows = np.random.default_rng(1).normal(size=(4, 12))
    found = spectra(rows, GradientClustersConfig(classes=2, low=7))
    for row, values in zip(rows, found, strict=True):
        whole = dctn(np.outer(row[-2:], row[:-2]), norm="ortho")
        np.testing.assert_allclose(values.reshape(2, 7), whole[:, :7], atol=1e-12)


def test_a_label_outside_the_model_counts_as_the_predicted_class():
    p = np.array([[0.2, 0.8], [0.7, 0.3]], dtype=np.float32)
    said = Predictions("suspect", p, "argmax")
    np.testing.assert_allclose(output_residuals(said, np.array([7, 1])), [[0.2, -0.2], [0.7, -0.7]])
    np.testing.assert_allclose(output_residuals(said, None), [[0.2, -0.2], [-0.3, 0.3]], atol=1e-6)


def test_a_planted_group_is_found_and_nothing_where_there_is_none():
    rng = np.random.default_rng(2)
    truth = np.arange(300) < 24
    hidden = rng.normal(size=(300, 16)) + 2.0
    p = rng.uniform(0.02, 0.1, 300)
    clean = np.column_stack([hidden, -p, p])
    config = GradientClustersConfig()
    nothing = auc(fit_gradient_clusters(clean, config).score(clean), truth)
    assert 0.35 < nothing < 0.65
    hidden = hidden + 25.0 * truth[:, None] * (np.arange(16) < 8)
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
