"""Per-sample gradients, fresh weights and losses on real heads."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from analysis.behaviour.batches import pad_batch
from analysis.config import InspectConfig
from analysis.data.shipped import shipped_samples
from analysis.identity import parameters_sha256
from analysis.models.open import open_model
from analysis.models.tokens import pad_id
from analysis.pipeline.demo import shipped_model
from analysis.training.early_learning import gradient_norms
from analysis.training.fresh import fresh
from analysis.training.losses.cross_entropy import CrossEntropy
from analysis.training.losses.dece import DeCE
from analysis.training.losses.objective import class_objective
from analysis.training.trainable import class_logits, encoded, trainable

SHIPPED = ("codebert-mini-clean-0", "codet5-mini-clean-0")


@pytest.fixture(scope="module", params=SHIPPED)
def shipped(request):
    return open_model(str(shipped_model(request.param)), InspectConfig())


@pytest.fixture(scope="module")
def few():
    return shipped_samples("test", limit=6)


def test_the_loss_reaches_the_models_own_classes(shipped, few):
    copy = trainable(shipped)
    batch = pad_batch(encoded(copy, few.texts), pad_id(copy), torch.device("cpu"))
    labels = torch.from_numpy(few.labels)
    value = class_objective(copy, DeCE(0.05, 0.7))(copy.module, *batch, labels)
    with torch.no_grad():
        expected = DeCE(0.05, 0.7)(class_logits(copy, batch), labels)
    torch.testing.assert_close(value.detach(), expected)


def test_a_samples_gradient_norm_is_that_of_its_own_loss(shipped, few):
    copy = trainable(shipped)
    objective = class_objective(copy, CrossEntropy())
    ids = encoded(copy, few.texts)
    with torch.inference_mode():  # where the training loop measures
        norms = gradient_norms(copy.module, ids, few.labels, objective, pad_id(copy))
    assert all(p.grad is None for p in copy.module.parameters())
    batch = pad_batch(ids[2:3], pad_id(copy), torch.device("cpu"))
    objective(copy.module, *batch, torch.from_numpy(few.labels[2:3])).backward()
    squares = [p.grad.square().sum() for p in copy.module.parameters() if p.grad is not None]
    assert norms[2] == pytest.approx(float(torch.stack(squares).sum().sqrt()), rel=1e-4)
    assert norms.shape == (6,)


def test_a_wrong_label_pulls_harder_and_dece_bounds_the_pull(shipped, few):
    copy = trainable(shipped)
    ids = encoded(copy, few.texts)
    norms = {}
    for name, loss in (("ce", CrossEntropy()), ("dece", DeCE(0.05, 0.3))):
        objective = class_objective(copy, loss)
        norms[name, "right"], norms[name, "wrong"] = (
            np.median(gradient_norms(copy.module, ids, labels, objective, pad_id(copy)))
            for labels in (few.labels, 1 - few.labels)
        )
    assert norms["ce", "wrong"] > 5 * norms["ce", "right"]
    assert norms["dece", "wrong"] < 0.2 * norms["ce", "wrong"]


def test_fresh_weights_repeat_by_seed_and_forget_the_start(shipped, few):
    state = torch.random.get_rng_state()
    one, again, other = (fresh(shipped, seed) for seed in (0, 0, 1))
    assert torch.equal(torch.random.get_rng_state(), state)
    hashes = [parameters_sha256(m.module.state_dict()) for m in (one, again, other)]
    assert hashes[0] == hashes[1] != hashes[2]
    own, theirs = one.module.state_dict(), shipped.module.state_dict()
    assert own.keys() == theirs.keys()
    assert all(own[name].shape == theirs[name].shape for name in own)
    batch = pad_batch(encoded(one, few.texts), pad_id(one), torch.device("cpu"))
    assert class_logits(one, batch).shape == (6, 2)
