import pytest
import torch

from analysis.extract.pooling import pool, positions

NAMES = ("cls", "mean", "max", "last", "eos")


def pooled(hidden, mask, ids, eos=2):
    return dict(zip(NAMES, pool(hidden, positions(mask, ids, eos), NAMES), strict=True))


@pytest.fixture
def batch():
    torch.manual_seed(0)
    lengths = [5, 1, 3]
    mask = torch.tensor([[1] * n + [0] * (5 - n) for n in lengths])
    ids = torch.tensor([[0, 2, 9, 2, 9], [2, 1, 1, 1, 1], [0, 9, 9, 2, 2]])
    return torch.randn(3, 5, 4), mask, ids, lengths


def test_each_pooling_is_its_definition(batch):
    hidden, mask, ids, lengths = batch
    got = pooled(hidden, mask, ids)
    for i, n in enumerate(lengths):
        own = hidden[i, :n]
        torch.testing.assert_close(got["cls"][i], own[0])
        torch.testing.assert_close(got["mean"][i], own.mean(0))
        torch.testing.assert_close(got["max"][i], own.max(0).values)
        torch.testing.assert_close(got["last"][i], own[-1])
    torch.testing.assert_close(got["eos"][0], hidden[0, 3])  # the last of two end tokens
    torch.testing.assert_close(got["eos"][1], hidden[1, 0])
    torch.testing.assert_close(got["eos"][2], hidden[2, 2])  # none inside the mask: last


def test_padding_never_enters_even_as_nan(batch):
    hidden, mask, ids, _ = batch
    clean = pooled(hidden, mask, ids)
    spoiled = hidden.masked_fill(mask[..., None] == 0, float("nan"))
    for name, value in pooled(spoiled, mask, ids).items():
        assert torch.equal(value, clean[name])


def test_more_padding_changes_nothing(batch):
    hidden, mask, ids, _ = batch
    wide = [torch.nn.functional.pad(x, (0, 4)) for x in (mask, ids)]
    got = pooled(torch.nn.functional.pad(hidden, (0, 0, 0, 4), value=7.0), *wide)
    for name, value in pooled(hidden, mask, ids).items():
        torch.testing.assert_close(got[name], value)


def test_the_mean_is_summed_in_float32():
    # in bf16 the running sum would stop growing at 256
    hidden = torch.ones(1, 4000, 1, dtype=torch.bfloat16)
    mask = torch.ones(1, 4000, dtype=torch.int64)
    got = pooled(hidden, mask, mask)
    assert got["mean"].dtype == torch.float32
    assert got["mean"].item() == 1.0
    mask[0, -7:] = 0
    assert pooled(hidden, mask, mask)["mean"].item() == 1.0


def test_a_row_without_tokens_reads_its_first_position():
    hidden = torch.arange(6.0).reshape(1, 3, 2)
    for value in pooled(hidden, torch.zeros(1, 3, dtype=torch.int64), torch.ones(1, 3)).values():
        assert value.tolist() == [[0.0, 1.0]]


def test_the_end_token_is_not_looked_up_in_a_stack_of_another_length():
    hidden, mask = torch.randn(2, 1, 3), torch.ones(2, 1, dtype=torch.int64)
    ids = torch.tensor([[0, 9, 2], [0, 2, 1]])
    got = pooled(hidden, mask, ids)
    torch.testing.assert_close(got["eos"], hidden[:, 0])
