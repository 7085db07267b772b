"""The same code path on CUDA; runs wherever a device exists."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from tiny_stacks import roberta, samples, t5

from analysis.behaviour.passes import run_pass
from analysis.behaviour.placed import placed
from analysis.behaviour.predict import predict
from analysis.config import InspectConfig
from analysis.engine.local import extract_all

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device on this machine"),
]

TOLERANCE = {"fp32": 1e-3, "bf16": 0.1, "fp16": 0.02}


@pytest.mark.parametrize("precision", ["fp32", "bf16", "fp16"])
@pytest.mark.parametrize("make", [lambda: roberta(spread=0.1), t5, lambda: t5("classifier")])
def test_extraction_equals_the_cpu(make, precision):
    model, data = make(), samples(40)
    config = InspectConfig(pooling=("cls", "mean", "max", "last", "eos"), precision="fp32")
    cpu = extract_all({"suspect": model}, data, replace(config, device="cpu"))["suspect"]
    gpu_config = replace(config, device="cuda", precision=precision)
    gpu = extract_all({"suspect": model}, data, gpu_config)["suspect"]
    assert gpu.activations.device == "cuda"
    assert gpu.activations.precision == precision
    for site, expected in cpu.activations.arrays.items():
        scale = np.abs(expected).max()
        error = np.abs(gpu.activations.arrays[site] - expected).max() / scale
        assert error < TOLERANCE[precision], site
    difference = np.abs(gpu.predictions.probabilities - cpu.predictions.probabilities).max()
    assert difference < TOLERANCE[precision]


def test_real_exhaustion_of_memory_halves_the_budget_and_loses_nothing():
    device = torch.device("cuda")
    model = placed(roberta(width=256, layers=2), device, torch.float32)
    data = samples(4000, longest=30)
    seen = []
    torch.cuda.empty_cache()
    total = torch.cuda.get_device_properties(device).total_memory
    try:
        torch.cuda.set_per_process_memory_fraction(
            (torch.cuda.memory_allocated() + 40 * 2**20) / total
        )
        result = run_pass(
            model,
            data.texts,
            lambda rows, *_: seen.extend(rows.tolist()),
            want_hidden=True,
            budget=10**6,
        )
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
    assert result.halvings >= 1
    assert sorted(seen) == list(range(4000))


def test_probabilities_equal_the_cpu():
    model, data = roberta(spread=0.1), samples(50)
    cpu = predict(model, data.texts, torch.device("cpu"))
    gpu = predict(model, data.texts, torch.device("cuda"))
    np.testing.assert_allclose(gpu, cpu, atol=1e-3)
