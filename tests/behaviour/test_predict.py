import numpy as np
import pytest
import torch
from tiny_stacks import roberta, samples, t5

from analysis.behaviour.passes import Watch, run_pass
from analysis.behaviour.placed import FusedLinear, placed
from analysis.behaviour.predict import predict
from analysis.errors import Cancelled, KenshinError
from analysis.models.base import Batch

CPU = torch.device("cpu")


def one_by_one(model, texts):
    """The reference: no padding, no batching, the untouched module."""
    rows = []
    for ids in model.encode(texts).ids:
        tokens = torch.tensor(ids, dtype=torch.int64)[None]
        logits = model.adapter.forward(model, Batch(tokens, torch.ones_like(tokens))).logits
        rows.append(torch.softmax(logits.float(), -1)[0].numpy())
    return np.array(rows)


@pytest.mark.parametrize("make", [roberta, t5, lambda: t5("classifier")])
@pytest.mark.parametrize("budget", [40, 4096])
def test_probabilities_equal_a_plain_loop_without_batches(make, budget):
    model, data = make(), samples(30)
    got = predict(model, data.texts, CPU, torch.float32, budget=budget)
    np.testing.assert_allclose(got, one_by_one(model, data.texts), atol=2e-5)
    np.testing.assert_allclose(got.sum(1), 1, atol=1e-6)


def test_the_model_handed_in_stays_as_it_is():
    model = roberta()
    before = {k: v.clone() for k, v in model.module.state_dict().items()}
    types = [type(m) for m in model.module.modules()]
    predict(model, samples(5).texts, CPU, torch.bfloat16)
    assert [type(m) for m in model.module.modules()] == types
    for name, value in model.module.state_dict().items():
        assert value.dtype == before[name].dtype
        assert torch.equal(value, before[name])
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in model.module.modules())


def test_placing_shares_what_fits_and_is_idempotent():
    model = roberta()
    same = placed(model, CPU, torch.float32)
    assert placed(same, CPU, torch.float32) is same
    shared = {p.data_ptr() for p in model.module.parameters()}
    assert {p.data_ptr() for p in same.module.parameters()} == shared
    half = placed(model, CPU, torch.bfloat16)
    assert {p.dtype for p in half.module.parameters()} == {torch.bfloat16}


@pytest.mark.parametrize(("dtype", "atol"), [(torch.float32, 1e-5), (torch.bfloat16, 0.05)])
@pytest.mark.parametrize("bias", [True, False])
def test_the_fused_linear_layer_is_the_linear_layer(dtype, atol, bias):
    torch.manual_seed(0)
    layer = torch.nn.Linear(24, 40, bias=bias).to(dtype)
    x = torch.randn(3, 5, 24).to(dtype)
    expected = torch.nn.functional.linear(
        x.double(), layer.weight.double(), None if layer.bias is None else layer.bias.double()
    )
    layer.__class__ = FusedLinear
    with torch.inference_mode():
        torch.testing.assert_close(layer(x).double(), expected, atol=atol, rtol=0.02)


class Failing:
    """An adapter that runs out of memory above a number of padded tokens."""

    def __init__(self, inner, limit):
        self.inner, self.limit, self.sizes = inner, limit, []

    def forward(self, model, batch, *, want_hidden=True):
        self.sizes.append(batch.input_ids.numel())
        if batch.input_ids.numel() > self.limit:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB")
        return self.inner.forward(model, batch, want_hidden=want_hidden)


def limited(model, limit):
    from dataclasses import replace

    return replace(model, adapter=Failing(model.adapter, limit))


def test_out_of_memory_halves_the_budget_and_loses_nothing():
    model, data = roberta(), samples(60)
    failing = limited(model, 150)
    seen = []
    result = run_pass(
        placed(failing, CPU, torch.float32),
        data.texts,
        lambda rows, batch, forward: seen.extend(rows.tolist()),
        want_hidden=False,
        budget=1000,
    )
    assert sorted(seen) == list(range(60))
    assert result.halvings >= 2
    assert result.budget <= 150
    assert sum(size > 150 for size in failing.adapter.sizes) == result.halvings
    got = predict(limited(model, 150), data.texts, CPU, budget=1000)
    np.testing.assert_allclose(got, predict(model, data.texts, CPU), atol=1e-5)


def test_a_single_sample_that_does_not_fit_is_named():
    with pytest.raises(KenshinError, match=r"sample number 2 .* does not fit .*--max-length"):
        predict(limited(roberta(), 10), ["w1", " ".join(["w2"] * 20), "w3"], CPU)


def test_other_errors_are_not_taken_for_memory():
    model = limited(roberta(), 0)
    model.adapter.forward = lambda *a, **k: (_ for _ in ()).throw(RuntimeError("shape mismatch"))
    with pytest.raises(RuntimeError, match="shape mismatch"):
        predict(model, ["w1"], CPU)


def test_progress_counts_every_sample_and_ends_with_nothing_left():
    calls = []
    predict(roberta(), samples(50).texts, CPU, progress=lambda *a: calls.append(a), budget=100)
    done = [call[0] for call in calls]
    assert done == sorted(done)
    assert calls[-1][:2] == (50, 50)
    assert calls[-1][3] == pytest.approx(0)
    assert all(rate > 0 for _, _, rate, _ in calls)


def test_cancelling_stops_at_the_next_batch():
    seen = []
    watch = Watch(cancelled=lambda: len(seen) >= 2)
    model = placed(roberta(), CPU, torch.float32)
    with pytest.raises(Cancelled):
        run_pass(
            model,
            samples(50).texts,
            lambda rows, *_: seen.append(rows),
            want_hidden=False,
            budget=64,
            watch=watch,
        )
    assert len(seen) == 2


def test_a_model_without_a_head_is_refused_with_what_to_do():
    with pytest.raises(KenshinError, match="no classification head"):
        predict(roberta(head=False), ["w1"], CPU)


def test_no_texts_give_no_rows():
    assert predict(roberta(), [], CPU).shape == (0, 2)


def test_an_empty_text_and_lone_surrogates_are_finite():
    got = predict(roberta(), ["", "w1 \udcff", "w1"], CPU)
    assert np.isfinite(got).all()


def test_nan_weights_are_noticed():
    model = roberta()
    with torch.no_grad():
        model.module.classifier.out_proj.weight[0, 0] = float("nan")
    with pytest.raises(KenshinError, match="NaN"):
        predict(model, ["w1"], CPU)
