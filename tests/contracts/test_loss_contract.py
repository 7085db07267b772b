"""What every registered loss must do, whatever it computes; its mathematics is in test_losses."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
import torch

from analysis.training.losses.base import RobustLoss
from analysis.training.losses.specs import LOSSES, NAMES, loss_spec

BY_NAME = pytest.mark.parametrize("spec", LOSSES, ids=lambda spec: spec.name)


@BY_NAME
def test_files_are_short_and_say_source_and_weakness(spec):
    module = import_module(spec.target.split(":")[0])
    text = Path(module.__file__).read_text("utf-8")
    assert len(text.splitlines()) < 120
    assert "Weakness:" in module.__doc__
    assert all((spec.title, spec.paper, spec.summary, spec.misses))


@BY_NAME
def test_a_loss_is_a_module_with_finite_gradients_that_repeats(spec):
    rng = torch.Generator().manual_seed(0)
    logits = (torch.randn(16, 4, generator=rng) * 20).requires_grad_()
    targets = torch.randint(0, 4, (16,), generator=rng)
    loss = spec.build({}, epochs=5)
    assert isinstance(loss, RobustLoss)
    for epoch in (1, 5):
        loss.start_epoch(epoch)
        (gradient,) = torch.autograd.grad(loss(logits, targets), logits)
        assert torch.isfinite(gradient).all()
        assert gradient.abs().sum() > 0
    assert torch.equal(loss(logits, targets), loss(logits, targets))


@BY_NAME
def test_the_order_of_samples_does_not_matter_and_half_precision_is_read(spec):
    rng = torch.Generator().manual_seed(1)
    logits, targets = torch.randn(16, 3, generator=rng), torch.arange(16) % 3
    loss = spec.build({}, epochs=5)
    order = torch.randperm(16, generator=rng)
    torch.testing.assert_close(loss(logits, targets), loss(logits[order], targets[order]))
    half = loss(logits.bfloat16(), targets)
    assert half.dtype == torch.float32
    torch.testing.assert_close(half, loss(logits, targets), atol=0.02, rtol=0.02)


def test_names_are_unique_and_found():
    assert len(set(NAMES)) == len(NAMES)
    assert [loss_spec(name).name for name in NAMES] == list(NAMES)


def test_specs_load_without_heavy_libraries():
    code = (
        "import sys, analysis.training.losses.specs; "
        "print([m for m in ('torch', 'numpy', 'transformers') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
