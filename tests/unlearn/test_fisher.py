"""The Fisher diagonal: squares of single samples, never of the batch mean."""

import numpy as np
import pytest
import torch
from torch import nn
from toy_bag import poisoned_bag, samples, score

from analysis.errors import RequestError
from analysis.unlearn.decisions import of_classes
from analysis.unlearn.fisher import fisher_diagonal, normalised
from analysis.unlearn.parts import Part


class Logistic(nn.Module):
    """Class scores (0, w x + b)."""

    def __init__(self, w=(0.7, -0.4), b=0.2):
        super().__init__()
        self.w = nn.Parameter(torch.tensor(w))
        self.b = nn.Parameter(torch.tensor(b))


def score_of(x):
    def score(module, part, rows):
        z = x[rows] @ module.w + module.b
        return of_classes(
            torch.stack([torch.zeros_like(z), z], 1), torch.from_numpy(part.labels[rows])
        )

    return score


def part(n, labels=None):
    ids = [np.array([0])] * n
    return Part(ids, np.zeros(n, dtype=np.int64) if labels is None else np.array(labels))


def test_exact_labels_give_the_closed_form_of_logistic_regression():
    torch.manual_seed(0)
    x, module = torch.randn(40, 2), Logistic()
    found = fisher_diagonal(module, score_of(x), part(40), np.arange(40), labels="exact")
    p = torch.sigmoid(x @ module.w + module.b).detach()
    expected = (p * (1 - p))[:, None] * x.square()
    torch.testing.assert_close(found["w"], expected.mean(0), rtol=1e-4, atol=1e-6)
    torch.testing.assert_close(found["b"], (p * (1 - p)).mean(), rtol=1e-4, atol=1e-6)


def test_sampled_labels_tend_to_the_exact_ones():
    torch.manual_seed(0)
    x, module = torch.randn(30, 2), Logistic()
    rows = np.tile(np.arange(30), 60)
    sampled = fisher_diagonal(module, score_of(x), part(30), rows, labels="sampled", seed=1)
    exact = fisher_diagonal(module, score_of(x), part(30), np.arange(30), labels="exact")
    torch.testing.assert_close(sampled["w"], exact["w"], rtol=0.15, atol=0.01)


def test_two_opposing_samples_do_not_cancel():
    x, module = torch.tensor([[1.0, 0.0], [1.0, 0.0]]), Logistic((0.0, 0.0), 0.0)
    labelled = part(2, [0, 1])  # their gradients on w are -0.5 and +0.5: the batch mean is 0
    found = fisher_diagonal(module, score_of(x), labelled, np.arange(2), labels="empirical")
    assert float(found["w"][0]) == pytest.approx(0.25)
    assert float(found["w"][1]) == 0


def test_the_module_keeps_its_gradients_and_flags():
    x, module = torch.randn(3, 2), Logistic()
    module.w.requires_grad_(False)
    module.b.grad = torch.tensor(5.0)
    fisher_diagonal(module, score_of(x), part(3), np.arange(3))
    assert not module.w.requires_grad
    assert module.b.requires_grad
    assert float(module.b.grad) == 5.0


def test_normalising_gives_mean_one_and_keeps_ratios():
    found = normalised({"a": torch.tensor([1.0, 3.0]), "b": torch.tensor([[8.0]])})
    assert sum(float(v.sum()) for v in found.values()) / 3 == pytest.approx(1.0)
    assert float(found["b"][0, 0]) / float(found["a"][0]) == pytest.approx(8.0)
    assert float(normalised({"a": torch.zeros(2)})["a"].sum()) == 0


def test_wrong_requests_are_refused():
    x, module = torch.randn(3, 2), Logistic()
    with pytest.raises(RequestError, match="unknown"):
        fisher_diagonal(module, score_of(x), part(3), np.arange(3), labels="guessed")
    with pytest.raises(RequestError, match="at least one"):
        fisher_diagonal(module, score_of(x), part(3), np.arange(0))


def test_in_bf16_it_is_the_same_to_about_a_percent_and_kept_in_float32():
    module, labelled = poisoned_bag(), samples(24, 4)
    exact, rounded = (
        fisher_diagonal(module, score, labelled, np.arange(24), "empirical", precision=precision)
        for precision in ("fp32", "bf16")
    )
    for name, value in exact.items():
        assert rounded[name].dtype == torch.float32
        assert not torch.equal(rounded[name], value), "the passes were made in bf16"
        assert (rounded[name] - value).norm() < 0.05 * value.norm()
