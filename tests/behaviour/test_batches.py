import numpy as np
import pytest
import torch

from analysis.behaviour.batches import (
    BATCH_PRICE,
    CUDA_BATCH_PRICE,
    batch_price,
    pad_batch,
    plan_batches,
)


def padded(lengths, batches):
    return sum(int(lengths[b].max()) * len(b) for b in batches)


@pytest.mark.parametrize("budget", [1, 17, 64, 500])
def test_every_sample_is_in_exactly_one_batch_and_batches_respect_the_budget(budget):
    lengths = np.random.default_rng(0).integers(1, 60, 200)
    batches = plan_batches(lengths, budget)
    assert sorted(np.concatenate(batches).tolist()) == list(range(200))
    for batch in batches:
        assert len(batch) == 1 or lengths[batch].max() * len(batch) <= budget


def brute_force(sizes, budget):
    """Cheapest cut of sorted sizes, by trying every cut."""
    best = None
    for cuts in range(2 ** (len(sizes) - 1)):
        groups, group = [], [sizes[0]]
        for i, size in enumerate(sizes[1:]):
            if cuts >> i & 1:
                groups.append(group)
                group = []
            group.append(size)
        groups.append(group)
        if any(len(g) > 1 and max(g) * len(g) > budget for g in groups):
            continue
        price = sum(max(g) * len(g) + BATCH_PRICE for g in groups)
        best = price if best is None else min(best, price)
    return best


@pytest.mark.parametrize("seed", range(5))
def test_the_cut_is_the_cheapest_of_all_cuts(seed):
    lengths = np.random.default_rng(seed).integers(1, 900, 9)
    batches = plan_batches(lengths, 2000)
    price = padded(lengths, batches) + BATCH_PRICE * len(batches)
    assert price == brute_force(sorted(lengths.tolist()), 2000)


def test_a_gpu_gets_fewer_and_fuller_batches_within_the_same_budget():
    lengths = np.random.default_rng(0).integers(20, 513, 2000)
    cpu, gpu = (
        plan_batches(lengths, 32_768, batch_price(torch.device(name))) for name in ("cpu", "cuda")
    )
    assert batch_price(torch.device("cuda")) == CUDA_BATCH_PRICE
    assert len(gpu) < len(cpu) / 2
    assert all(lengths[b].max() * len(b) <= 32_768 for b in gpu)
    assert np.array_equal(np.sort(np.concatenate(gpu)), np.arange(2000))


def test_longest_samples_come_first():
    lengths = np.array([3, 500, 8, 490, 2])
    batches = plan_batches(lengths, 600)
    longest = [int(lengths[b].max()) for b in batches]
    assert longest == sorted(longest, reverse=True)
    assert longest[0] == 500


def test_padding_goes_right_and_the_mask_marks_it():
    batch = pad_batch([np.array([5, 6, 7]), np.array([8])], 1, torch.device("cpu"))
    assert batch.input_ids.tolist() == [[5, 6, 7], [8, 1, 1]]
    assert batch.attention_mask.tolist() == [[1, 1, 1], [1, 0, 0]]
