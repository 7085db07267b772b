from dataclasses import replace

import numpy as np
import pytest
import torch
from tiny_stacks import gpt2, roberta, samples, t5

from analysis.behaviour.passes import Watch
from analysis.config import InspectConfig
from analysis.engine.local import extract_all
from analysis.errors import Cancelled, KenshinError
from analysis.extract import collect
from analysis.extract.extract import extract
from analysis.extract.plan import ExtractPlan, entry_key, make_plan
from analysis.extract.sink import MemorySink
from analysis.identity import texts_sha256
from analysis.models.base import Batch
from analysis.records import SampleSet, Site

ALL = ("cls", "mean", "max", "last", "eos")


def plan_of(model, **changes):
    config = InspectConfig(pooling=ALL, precision="fp32", device="cpu")
    return replace(make_plan(config, model), **changes)


def one_by_one(model, data):
    """Pool by hand, one unpadded sample at a time."""
    found = {}
    for i, ids in enumerate(model.encode(data.texts).ids):
        tokens = torch.tensor(ids, dtype=torch.int64)[None]
        result = model.adapter.forward(model, Batch(tokens, torch.ones_like(tokens)))
        for stack, layers in result.hidden.items():
            for layer, hidden in enumerate(layers):
                own = hidden[0]
                same = own.shape[0] == len(ids)
                ends = [j for j, t in enumerate(ids) if t == 2] if same else []
                by_hand = {
                    "cls": own[0],
                    "mean": own.mean(0),
                    "max": own.max(0).values,
                    "last": own[-1],
                    "eos": own[ends[-1]] if ends else own[-1],
                }
                for pooling, vector in by_hand.items():
                    found.setdefault(Site(stack, layer, pooling), {})[i] = vector.numpy()
    return {site: np.array([rows[i] for i in range(len(data))]) for site, rows in found.items()}


@pytest.mark.parametrize("make", [roberta, t5, lambda: t5("classifier"), gpt2])
def test_every_site_equals_pooling_by_hand(make):
    model, data = make(), samples(25)
    expected = one_by_one(model, data)
    got = extract(model, data, plan_of(model, budget=120), MemorySink()).activations
    assert set(got.arrays) | set(got.skipped) == set(expected)
    for site, values in got.arrays.items():
        np.testing.assert_allclose(values, expected[site], atol=1e-4, err_msg=str(site))
    for site in got.skipped:
        assert np.ptp(expected[site], axis=0).max() < 1e-5


def test_the_first_token_of_the_embedding_output_is_skipped_with_its_reason():
    model = roberta()
    got = extract(model, samples(20), plan_of(model), MemorySink()).activations
    assert set(got.skipped) == {Site("encoder", 0, "cls")}
    assert "same for every sample" in got.skipped[Site("encoder", 0, "cls")]


def test_a_one_token_decoder_starts_from_a_constant():
    model = t5()
    got = extract(model, samples(20), plan_of(model), MemorySink()).activations
    assert {s for s in got.skipped if s.stack == "decoder"} == {
        Site("decoder", 0, pooling) for pooling in ALL
    }
    assert Site("decoder", 1, "cls") in got.arrays


def test_the_first_token_of_a_causal_model_sees_only_itself():
    model = gpt2()
    got = extract(model, samples(20), plan_of(model, budget=100), MemorySink()).activations
    assert set(got.skipped) == {Site("decoder", layer, "cls") for layer in (0, 1, 2)}
    assert "sees only itself" in got.skipped[Site("decoder", 2, "cls")]


def test_predictions_come_from_the_same_pass():
    from analysis.behaviour.predict import predict

    model, data = roberta(), samples(20)
    got = extract(model, data, plan_of(model), MemorySink(), role="reference")
    assert got.predictions.model == got.activations.model == "reference"
    expected = predict(model, data.texts, torch.device("cpu"))
    np.testing.assert_allclose(got.predictions.probabilities, expected, atol=1e-6)
    assert extract(roberta(head=False), data, plan_of(model), MemorySink()).predictions is None


def test_counting_and_truncation():
    model = roberta(window=10)
    data = SampleSet(("a", "b", "c"), (" ".join(["w1"] * 50), " ".join(["w1"] * 8), ""))
    got = extract(model, data, plan_of(model), MemorySink()).activations
    assert got.n_tokens.tolist() == [52, 10, 2]
    assert got.truncated.tolist() == [True, False, False]


def test_only_the_missing_is_computed(monkeypatch):
    model, data, sink = roberta(), samples(20), MemorySink()
    first = extract(model, data, plan_of(model, poolings=("mean",)), sink)
    assert not first.activations.from_cache
    pooled = []
    original = collect.pool
    monkeypatch.setattr(
        collect, "pool", lambda h, w, names: pooled.extend(names) or original(h, w, names)
    )
    extract(model, data, plan_of(model, poolings=("mean", "max")), sink)
    assert set(pooled) == {"max"}
    broken = replace(model, adapter=None)  # a repeated extraction never touches the model
    again = extract(broken, data, plan_of(model, poolings=("max", "mean")), sink)
    assert again.activations.from_cache
    for site, values in first.activations.arrays.items():
        assert np.array_equal(again.activations.arrays[site], values)
    assert again.predictions.probabilities.tobytes() == first.predictions.probabilities.tobytes()


def test_the_same_request_gives_the_same_bytes():
    model, data = roberta(), samples(30)
    runs = [extract(model, data, plan_of(model, budget=100), MemorySink()) for _ in range(2)]
    for site, values in runs[0].activations.arrays.items():
        assert values.tobytes() == runs[1].activations.arrays[site].tobytes()


def test_one_sample_and_no_sample():
    model = roberta()
    one = extract(model, samples(1), plan_of(model), MemorySink()).activations
    assert not one.skipped
    assert all(values.shape == (1, 16) for values in one.arrays.values())
    with pytest.raises(KenshinError, match="no samples"):
        extract(model, SampleSet((), ()), plan_of(model), MemorySink())


def poison_weight(model, layer):
    with torch.no_grad():
        block = model.module.roberta.encoder.layer[layer - 1]
        block.output.LayerNorm.weight[0] = float("inf")
    return model


def test_infinity_names_sample_layer_and_precision():
    model = poison_weight(roberta(), 2)
    sink = MemorySink()
    with pytest.raises(KenshinError, match=r"sample 's\d+' at encoder:2:\w+ in fp32"):
        extract(model, samples(4), plan_of(model), sink)
    assert not sink.arrays
    assert not sink.pending


def test_overflow_of_an_automatic_precision_is_read_again_in_fp32(monkeypatch):
    model, data = roberta(), samples(10)

    class Overflowing:
        def forward(self, opened, batch, *, want_hidden=True):
            result = model.adapter.forward(opened, batch, want_hidden=want_hidden)
            if next(opened.module.parameters()).dtype == torch.float32:
                return result
            logits = result.logits * float("inf")
            return result._replace(logits=logits)

    monkeypatch.setattr("analysis.extract.device._cpu_bf16_name", lambda: "AMX")
    failing = replace(model, adapter=Overflowing())
    config = InspectConfig(device="cpu")
    got = extract_all({"suspect": failing}, data, config)["suspect"]
    assert got.activations.precision == "fp32"
    assert "read in fp32 instead" in got.warnings[0]
    with pytest.raises(KenshinError, match="Try --precision fp32"):
        extract_all({"suspect": failing}, data, replace(config, precision="bf16"))


def test_cancelling_leaves_nothing_in_the_sink():
    sink, model = MemorySink(), roberta()
    with pytest.raises(Cancelled):
        extract(model, samples(9), plan_of(model), sink, watch=Watch(cancelled=lambda: True))
    assert not sink.arrays
    assert not sink.pending


def test_equal_models_are_run_once(monkeypatch):
    calls = []
    original = roberta().adapter.forward

    class Counting:
        def forward(self, *args, **kwargs):
            calls.append(1)
            return original(*args, **kwargs)

    model = replace(roberta(), adapter=Counting())
    got = extract_all({"suspect": model, "reference": model}, samples(5), InspectConfig())
    assert len(calls) == 1
    assert got["suspect"].activations.model == "suspect"
    assert got["reference"].predictions.model == "reference"


def test_layers_are_chosen_per_stack():
    model = t5()
    config = InspectConfig(layers="decoder:1-2,encoder:1", pooling=("mean",), precision="fp32")
    got = extract_all({"suspect": model}, samples(5), config)["suspect"].activations
    assert [str(site) for site in got.sites] == [
        "encoder:1:mean",
        "decoder:1:mean",
        "decoder:2:mean",
    ]


def test_bf16_stays_close_to_fp32():
    model, data = roberta(width=64, layers=3, spread=0.1), samples(40)
    full = extract(model, data, plan_of(model), MemorySink()).activations
    half = extract(model, data, plan_of(model, dtype=torch.bfloat16), MemorySink()).activations
    assert half.precision == "bf16"
    for site, a in full.arrays.items():
        b = half.arrays[site]
        cosine = (a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)
        assert cosine.min() > 0.999, site


def test_the_key_depends_on_everything_that_changes_the_vectors():
    model, data = roberta(), samples(4)
    plan = plan_of(model)
    base = entry_key(model, data, plan).digest
    changed = [
        entry_key(replace(model, identity="other"), data, plan),
        entry_key(replace(model, window=9), data, plan),
        entry_key(model, data, replace(plan, dtype=torch.bfloat16)),
        entry_key(model, replace(data, texts=data.texts[::-1]), plan),
        entry_key(replace(model, head=None), data, plan),
    ]
    assert base not in {key.digest for key in changed}
    same = replace(data, ids=tuple("abcd"), poisoned=np.ones(4, bool), source="elsewhere")
    assert entry_key(replace(model, source="renamed"), same, plan).digest == base


def test_texts_are_hashed_with_their_borders():
    assert texts_sha256(["ab", "c"]) != texts_sha256(["a", "bc"])
    assert texts_sha256(["\udcff"]) != texts_sha256(["?"])


def test_a_plan_knows_its_sites():
    plan = ExtractPlan({"encoder": (0, 2)}, ("cls", "max"))
    assert [str(site) for site in plan.sites] == [
        "encoder:0:cls",
        "encoder:0:max",
        "encoder:2:cls",
        "encoder:2:max",
    ]
