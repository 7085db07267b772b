"""The weight delta: exact there and back for every dtype, and on no other model."""

import pytest
import torch
from safetensors.torch import save_file

from analysis.errors import RequestError
from analysis.unlearn.delta import make_delta, place_of, read_delta, weight_rows


def states(dtype):
    torch.manual_seed(0)
    base = {
        "a.weight": torch.randn(30, 20).to(dtype),
        "b.bias": torch.randn(7).to(dtype),
        "steps": torch.arange(4),
    }
    base["a.weight"][0, 0] = 1e-30  # a difference would be lost beside large values
    changed = base["a.weight"].clone()
    changed[0, 0], changed[3] = 1e4, 0.0
    changed[5] = -changed[5]
    return base, {**base, "a.weight": changed}


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16, torch.float64])
def test_there_and_back_is_bit_exact(dtype, tmp_path):
    base, result = states(dtype)
    made = make_delta(base, result)
    assert set(made.bits) == {"a.weight"}  # what did not change is not stored
    path = tmp_path / "delta.safetensors"
    path.write_bytes(made.to_bytes())
    delta = read_delta(str(path))
    forth = delta.apply(base)
    back = delta.undo(forth)
    for name in base:
        assert forth[name].dtype == result[name].dtype
        assert torch.equal(forth[name], result[name])
        assert torch.equal(back[name], base[name])


def test_the_states_handed_in_are_not_changed():
    base, result = states(torch.float32)
    kept = base["a.weight"].clone()
    make_delta(base, result).apply(base)
    assert torch.equal(base["a.weight"], kept)


def test_a_delta_refuses_another_model():
    base, result = states(torch.bfloat16)
    delta = make_delta(base, result)
    with pytest.raises(RequestError, match="cannot be applied"):
        delta.apply(result)
    with pytest.raises(RequestError, match="taken back"):
        delta.undo(base)
    with pytest.raises(RequestError, match="differ in kind"):
        make_delta(base, {**result, "a.weight": result["a.weight"].float()})


def test_other_files_are_not_deltas(tmp_path):
    path = tmp_path / "model.safetensors"
    save_file({"a": torch.ones(2)}, str(path))
    with pytest.raises(RequestError, match="not a weight delta"):
        read_delta(str(path))
    path.write_bytes(b"nothing")
    with pytest.raises(RequestError, match="cannot be read"):
        read_delta(str(path))


def test_the_profile_measures_each_tensor():
    base = {"layer.1.attention.self.query.weight": torch.tensor([[3.0, 4.0]])}
    (row,) = weight_rows(base, {name: t + torch.tensor([[0.0, 1.0]]) for name, t in base.items()})
    assert (row["layer"], row["matrix"]) == (2, "attention.self.query.weight")
    assert row["l2"] == pytest.approx(1.0)
    assert row["relative"] == pytest.approx(0.2)
    assert (row["changed"], row["largest"], row["weights"]) == (0.5, 1.0, 2)
    (same,) = weight_rows(base, base)
    assert same["l2"] == same["changed"] == 0


@pytest.mark.parametrize(
    ("name", "stack", "layer"),
    [
        ("roberta.embeddings.word_embeddings.weight", "encoder", 0),
        ("roberta.encoder.layer.2.output.dense.weight", "encoder", 3),
        ("decoder.block.0.layer.1.EncDecAttention.q.weight", "decoder", 1),
        ("encoder.block.2.layer.0.SelfAttention.v.weight", "encoder", 3),
        ("classifier.out_proj.weight", "encoder", -1),
        ("transformer.h.5.mlp.c_proj.weight", "encoder", 6),
        ("shared.weight", "encoder", 0),
    ],
)
def test_names_tell_the_place(name, stack, layer):
    assert (place_of(name)["stack"], place_of(name)["layer"]) == (stack, layer)
