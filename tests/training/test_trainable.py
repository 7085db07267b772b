import numpy as np
import pytest
import torch

from analysis.behaviour.predict import predict
from analysis.config import InspectConfig
from analysis.data.shipped import shipped_samples
from analysis.models.open import open_model
from analysis.pipeline.demo import shipped_model
from analysis.training.loop import TrainConfig, train
from analysis.training.trainable import class_logits, encoded, head_objective, trainable


@pytest.fixture(scope="module", params=["codebert-mini-clean-0", "codet5-mini-clean-0"])
def shipped(request):
    return open_model(str(shipped_model(request.param)), InspectConfig())


def test_the_copy_has_parameters_of_its_own(shipped):
    copy = trainable(shipped)
    theirs = {p.data_ptr() for p in shipped.module.parameters()}
    assert all(p.dtype == torch.float32 and p.requires_grad for p in copy.module.parameters())
    assert not any(p.data_ptr() in theirs for p in copy.module.parameters())
    assert len(list(copy.module.parameters())) == len(list(shipped.module.parameters()))


def test_training_the_copy_learns_and_leaves_the_model_as_it_was(shipped):
    samples = shipped_samples("test", limit=64)
    before = predict(shipped, samples.texts)
    copy = trainable(shipped)
    flipped = 1 - samples.labels
    config = TrainConfig(epochs=6, learning_rate=5e-4, batch_size=16, precision="fp32")
    history = train(
        copy.module, encoded(copy, samples.texts), flipped, head_objective(copy), config
    )
    assert history[-1].loss < history[0].loss / 2
    assert (before.argmax(1) == flipped).mean() < 0.2
    assert (predict(copy, samples.texts).argmax(1) == flipped).mean() > 0.5
    np.testing.assert_array_equal(predict(shipped, samples.texts), before)


def test_logits_carry_gradients_and_agree_with_predictions(shipped):
    from analysis.behaviour.batches import pad_batch

    texts = shipped_samples("test", limit=4).texts
    copy = trainable(shipped)
    batch = pad_batch(encoded(copy, texts), 1, torch.device("cpu"))
    logits = class_logits(copy, batch)
    assert logits.requires_grad
    np.testing.assert_allclose(logits.softmax(1).detach().numpy(), predict(copy, texts), atol=1e-4)
