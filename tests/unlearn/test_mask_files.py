"""Masks as files, by head, and how stable they are under other draws of samples."""

import numpy as np
import pytest
import torch
from scipy import stats
from tiny_stacks import roberta

from analysis.errors import RequestError
from analysis.models.base import StackInfo
from analysis.unlearn.masks.by_head import head_rows
from analysis.unlearn.masks.make import top_share
from analysis.unlearn.masks.stability import chance, jaccard, rank_correlation, stability_rows
from analysis.unlearn.masks.stored import StoredMask, read_mask


def masks(seed, share=0.2, shapes=(("a", (7, 9)), ("b", (5,)))):
    generator = torch.Generator().manual_seed(seed)
    return {name: torch.rand(shape, generator=generator) < share for name, shape in shapes}


def test_a_stored_mask_comes_back_bit_by_bit(tmp_path):
    mask = masks(0)
    stored = StoredMask(mask, "f" * 64, {"name": "wagle", "ratio": 0.2})
    path = tmp_path / "mask.safetensors"
    path.write_bytes(stored.to_bytes())
    found = read_mask(str(path))
    assert all(torch.equal(found.mask[name], mask[name]) for name in mask)
    assert found.summary == {"name": "wagle", "ratio": 0.2}
    assert found.fitting("f" * 64) is found
    assert sum(each.numel() for each in found.mask.values()) == 68
    assert path.stat().st_size < 500


def test_a_mask_of_another_model_or_no_mask_at_all_is_refused(tmp_path):
    with pytest.raises(RequestError, match="belongs to parameters"):
        StoredMask(masks(0), "f" * 64, {}).fitting("e" * 64)
    path = tmp_path / "x"
    path.write_bytes(b"something else")
    with pytest.raises(RequestError, match="cannot be read as a mask"):
        read_mask(str(path))


def test_overlap_is_one_with_itself_nothing_when_disjoint_and_chance_when_random():
    one = masks(1)
    assert jaccard(one, one) == 1
    assert jaccard(one, {name: ~value for name, value in one.items()}) == 0
    large = (("w", (400, 500)),)
    found = jaccard(masks(1, 0.2, large), masks(2, 0.2, large))
    assert found == pytest.approx(chance(0.2), abs=0.005)


def test_rank_correlation_is_spearmans_with_ties():
    rng = np.random.default_rng(0)
    a = rng.integers(0, 20, 300).astype(np.float32)
    b = a + rng.normal(0, 4, 300).astype(np.float32)
    found = rank_correlation({"w": torch.from_numpy(a)}, {"w": torch.from_numpy(b)})
    assert found == pytest.approx(stats.spearmanr(a, b).statistic, abs=1e-6)


def test_noise_is_told_from_a_stable_score():
    def scored(signal):
        def draw(number):
            rng = torch.Generator().manual_seed(number)
            fixed = torch.arange(4000.0) * signal
            scores = {"w": fixed + torch.rand(4000, generator=rng)}
            return scores, top_share(scores, 0.1)

        return stability_rows(draw(0), map(draw, (1, 2)), 0.1)

    stable, noise = scored(1.0), scored(0.0)
    assert min(row["jaccard"] for row in stable) > 0.95
    assert min(row["rank_correlation"] for row in stable) > 0.99
    assert max(row["jaccard"] for row in noise) < 3 * chance(0.1)
    assert max(abs(row["rank_correlation"]) for row in noise) < 0.1


def test_heads_are_told_apart_and_add_up_to_the_mask():
    stack = (StackInfo("encoder", 1, 4, 2, 2, 2),)
    names = ("encoder.layer.0.attention.self.query.weight", "encoder.layer.0.output.dense.weight")
    scores = {name: torch.arange(16.0).reshape(4, 4) for name in names}
    mask = top_share(scores, 0.25)
    rows = head_rows(scores, mask, stack)
    assert [(row["head"], row["chosen"]) for row in rows] == [(0, 0), (1, 4), (-1, 4)]
    assert sum(row["chosen"] for row in rows) == sum(int(m.sum()) for m in mask.values())
    assert {row["layer"] for row in rows} == {1}


def test_every_head_of_a_real_stack_has_its_row():
    module = roberta().module
    scores = {n: p.detach().abs() for n, p in module.named_parameters() if p.dim() == 2}
    rows = head_rows(scores, top_share(scores, 0.1), roberta().stacks)
    per_matrix = {row["tensor"]: 0 for row in rows if row["head"] >= 0}
    for row in rows:
        if row["head"] >= 0:
            per_matrix[row["tensor"]] += 1
    assert len(per_matrix) == 3 * roberta().stacks[0].n_layers
    assert set(per_matrix.values()) == {roberta().stacks[0].n_heads}
