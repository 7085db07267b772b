import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score

from analysis.audit.benign_finetune import other_task
from analysis.audit.budgets import BUDGETS, all_rates, budget, whole_cost
from analysis.audit.linear_probe import probe_auc
from analysis.audit.membership import auc
from analysis.audit.setting import Labelled
from analysis.audit.weights import pruned, quantised
from analysis.errors import RequestError


def weights(seed=0):
    return torch.randn(12, 33, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("bits", [8, 4])
def test_rounding_stays_within_half_a_step_and_repeats(bits):
    w = weights()
    found = quantised(w, bits)
    step = w.abs().amax(dim=1, keepdim=True) / (2 ** (bits - 1) - 1)
    assert ((found - w).abs() <= step / 2 + 1e-6).all()
    assert all(len(row.unique()) <= 2**bits - 1 for row in found)
    torch.testing.assert_close(quantised(found, bits), found)


def test_rounding_does_not_mix_rows_and_bears_zeros():
    w = torch.cat([weights(), 1000 * weights(1), torch.zeros(1, 33)])
    torch.testing.assert_close(quantised(w, 8)[:12], quantised(weights(), 8))
    assert not quantised(w, 8)[-1].any()


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5])
def test_pruning_takes_the_smallest_entries_and_no_other(share):
    w = weights()
    found = pruned(w, share)
    gone = found == 0
    assert int(gone.sum()) == int(share * w.numel())
    if gone.any():
        assert w[gone].abs().max() < w[~gone].abs().min()
    assert torch.equal(found[~gone], w[~gone])


def test_auc_agrees_with_scikit_learn_with_ties():
    rng = np.random.default_rng(0)
    members, others = rng.integers(0, 9, 70).astype(float), rng.integers(0, 7, 50).astype(float)
    truth = np.array([1] * 70 + [0] * 50)
    expected = roc_auc_score(truth, np.concatenate([members, others]))
    assert auc(members, others) == pytest.approx(expected)


def test_a_probe_finds_a_planted_direction_and_nothing_in_noise():
    rng = np.random.default_rng(0)
    present = np.arange(160) < 80
    noise = rng.normal(size=(160, 16))
    planted = noise + 3.0 * present[:, None] * np.eye(16)[3]
    assert probe_auc(planted, present, 0) > 0.95
    assert 0.3 < probe_auc(noise, present, 0) < 0.7


def test_the_other_task_overrules_a_share_of_the_labels():
    clean = Labelled(tuple("x" * n for n in range(1, 401)), np.zeros(400, dtype=np.int64))
    found = other_task(clean, 2, 0)
    changed = found.labels != clean.labels
    assert 0.1 < changed.mean() < 0.2, "0.3 overruled, half of them to the label they have"
    assert changed[:199].sum() == 0


def test_budgets_grow_and_double():
    rates = all_rates(1_000_000)
    assert len(rates) == 6
    assert all(b == pytest.approx(2 * a) for a, b in zip(rates, rates[1:], strict=False))
    assert max(all_rates(125_000_000)) < 1e-4
    passes = [whole_cost(each, 4).passes for each in BUDGETS]
    assert passes == sorted(passes)
    assert passes[0] < 60_000, "quick is sized for two minutes"
    with pytest.raises(RequestError, match="Choose from quick"):
        budget("endless")
