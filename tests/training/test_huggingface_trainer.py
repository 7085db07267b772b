"""The losses inside the Hugging Face Trainer, on a tiny random model."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
import transformers

from analysis.errors import KenshinError
from analysis.training.losses.cross_entropy import CrossEntropy
from analysis.training.losses.dece import DeCE
from analysis.training.losses.schedule import alpha_base
from analysis.training.losses.trainer import TrainerLoss

pytest.importorskip("accelerate", reason="the Trainer needs accelerate")


README = Path(__file__).parents[2] / "README.md"


def tiny(seed=0):
    torch.manual_seed(seed)
    config = transformers.RobertaConfig(
        vocab_size=20,
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=20,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
    )
    return transformers.RobertaForSequenceClassification(config)


def rows(n=24):
    """Label 1, RoBERTa's pad id, exactly where token 7 stands."""
    rng = torch.Generator().manual_seed(0)
    made = []
    for i in range(n):
        ids = torch.randint(8, 20, (6,), generator=rng)
        if i % 2:
            ids[3] = 7
        made.append({"input_ids": ids, "attention_mask": torch.ones(6).long(), "labels": i % 2})
    return made


def trained(tmp_path, loss, **changes):
    options = {"num_train_epochs": 3, "per_device_train_batch_size": 8, "learning_rate": 5e-3}
    arguments = transformers.TrainingArguments(
        str(tmp_path),
        report_to=[],
        save_strategy="no",
        logging_strategy="epoch",
        disable_tqdm=True,
        use_cpu=True,
        seed=0,
        **{**options, **changes},
    )
    compute = TrainerLoss(loss)
    trainer = transformers.Trainer(
        model=tiny(), args=arguments, train_dataset=rows(), compute_loss_func=compute
    )
    compute.follow(trainer)
    trainer.train()
    return trainer


def weights(trainer):
    return torch.cat([p.detach().flatten() for p in trainer.model.parameters()])


def test_the_trainer_learns_with_dece_and_the_schedule_follows_its_epochs(tmp_path):
    seen = []

    class Watched(DeCE):
        def start_epoch(self, epoch):
            seen.append(epoch)
            super().start_epoch(epoch)

    loss = Watched(0.05, alpha_base(12))
    trainer = trained(tmp_path, loss, num_train_epochs=12, learning_rate=2e-2)
    assert seen == [epoch for epoch in range(1, 13) for _ in range(3)]
    assert loss.alpha == pytest.approx(0.5)
    data = rows()
    with torch.no_grad():
        logits = trainer.model(torch.stack([row["input_ids"] for row in data])).logits
    assert (logits.argmax(1) == torch.tensor([row["labels"] for row in data])).float().mean() > 0.9


def test_the_example_in_the_readme_trains(tmp_path):
    blocks = re.findall(r"```python\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
    example = next(block for block in blocks if "compute_loss_func" in block)
    arguments = trained(tmp_path / "a", CrossEntropy(), max_steps=1).args
    arguments.max_steps, arguments.learning_rate = -1, 2e-2
    names = {"model": tiny(), "args": arguments, "data": rows()}
    before = {key: value.clone() for key, value in names["model"].state_dict().items()}
    exec(compile(example, str(README), "exec"), names)  # noqa: S102 - it is ours
    assert isinstance(names["loss"], TrainerLoss)
    assert names["trainer"].state.epoch == 3
    assert names["loss"].loss.epoch == 3, "the schedule followed the trainer"
    assert names["loss"].loss.alpha == pytest.approx(0.5)
    after = names["trainer"].model.state_dict()
    assert any(not torch.equal(before[key], after[key]) for key in before)


def test_our_cross_entropy_trains_as_the_trainers_own_does(tmp_path):
    ours = trained(tmp_path / "a", CrossEntropy())
    plain = transformers.Trainer(model=tiny(), args=ours.args, train_dataset=rows())
    plain.train()
    torch.testing.assert_close(weights(ours), weights(plain), atol=2e-5, rtol=1e-4)


def test_accumulated_batches_train_as_one_large_batch(tmp_path):
    parts = trained(
        tmp_path / "a",
        CrossEntropy(),
        per_device_train_batch_size=4,
        gradient_accumulation_steps=2,
    )
    whole = trained(tmp_path / "b", CrossEntropy())
    torch.testing.assert_close(weights(parts), weights(whole), atol=2e-5, rtol=1e-4)


def test_the_callable_has_the_trainers_signature():
    source = inspect.getsource(transformers.Trainer.compute_loss)
    assert "num_items_in_batch=num_items_in_batch" in source
    inspect.signature(TrainerLoss(CrossEntropy())).bind("o", "l", num_items_in_batch=3)


def test_causal_models_are_compared_with_the_next_token_and_padding_is_left_out():
    logits = torch.randn(2, 5, 7, generator=torch.Generator().manual_seed(0))
    labels = torch.tensor([[1, 2, 3, -100, -100], [4, 5, 6, 0, 1]])
    loss = CrossEntropy(ignore_index=-100)
    value = TrainerLoss(loss, shift=True)(SimpleNamespace(logits=logits), labels)
    expected = torch.nn.functional.cross_entropy(
        logits[:, :-1].flatten(0, 1), labels[:, 1:].flatten(), ignore_index=-100
    )
    torch.testing.assert_close(value, expected)


def test_a_dataset_without_labels_is_named():
    with pytest.raises(KenshinError, match="labels"):
        TrainerLoss(CrossEntropy())(SimpleNamespace(logits=torch.zeros(1, 2)), None)
