"""The optimisation loop: it learns, repeats itself, and stops when numbers break."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from analysis.errors import KenshinError, RequestError
from analysis.training.loop import TrainConfig, bucketed_batches, pad, train
from analysis.training.objectives import LabelAsText, classification


class _Output:
    def __init__(self, logits):
        self.logits = logits


class _Bag(nn.Module):
    """Mean of token embeddings and a linear head; padding must not count."""

    def __init__(self, seed=0):
        super().__init__()
        torch.manual_seed(seed)
        self.embedding = nn.Embedding(20, 16)
        self.head = nn.Linear(16, 2)

    def forward(self, input_ids, attention_mask):
        weights = attention_mask.unsqueeze(-1).float()
        mean = (self.embedding(input_ids) * weights).sum(1) / weights.sum(1)
        return _Output(self.head(mean))


class _Writer(nn.Module):
    """Second-step logits follow from the decoder's own input, first-step ones from the text."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(20, 20)

    def forward(self, input_ids, attention_mask, decoder_input_ids):
        first = self.embedding(input_ids[:, :1])
        rest = self.embedding(decoder_input_ids[:, 1:])
        return _Output(torch.cat([first, rest], dim=1))


def _data(n=400):
    """Class 1 exactly where token 7 stands."""
    rng = np.random.default_rng(0)
    ids, labels = [], []
    for row in range(n):
        item = rng.choice([3, 4, 5, 6, 8, 9], size=rng.integers(3, 12))
        if row % 2:
            item[rng.integers(len(item))] = 7
        ids.append(item)
        labels.append(row % 2)
    return ids, np.array(labels)


def _state(module):
    return torch.cat([p.detach().flatten() for p in module.parameters()])


def test_a_separable_task_is_learned_and_the_history_says_so():
    ids, labels = _data()
    module = _Bag()
    seen = []

    def accuracy(model, epoch):
        assert not model.training
        assert torch.is_inference_mode_enabled()
        seen.append(epoch)
        batch = pad(ids, 1)
        predicted = model(batch.input_ids, batch.attention_mask).logits.argmax(1).numpy()
        return {"accuracy": float((predicted == labels).mean())}

    config = TrainConfig(epochs=8, learning_rate=3e-2, precision="fp32")
    history = train(module, ids, labels, classification, config, accuracy)
    assert seen == list(range(1, 9))
    assert [record.step for record in history] == [13 * e for e in range(1, 9)]
    assert history[-1].loss < 0.2 < history[0].loss
    assert history[-1].values["accuracy"] > 0.98


def test_the_same_seed_gives_the_same_weights_and_another_seed_others():
    ids, labels = _data(100)
    states = []
    for seed in (0, 0, 1):
        module = _Bag()
        train(module, ids, labels, classification, TrainConfig(epochs=2, seed=seed))
        states.append(_state(module))
    assert torch.equal(states[0], states[1])
    assert not torch.equal(states[0], states[2])


def test_one_step_is_adamw_at_the_first_rate_of_the_cycle():
    ids, labels = _data(8)
    module, reference = _Bag(), _Bag()
    config = TrainConfig(
        epochs=1, batch_size=8, learning_rate=1e-2, clip=1e9, precision="fp32", warmup=0.9
    )
    train(module, ids, labels, classification, config)
    order = np.argsort([len(item) for item in ids], kind="stable")
    batch = pad([ids[row] for row in order], 1)
    logits = reference(batch.input_ids, batch.attention_mask).logits
    # OneCycleLR starts at a twenty-fifth of the peak.
    optimiser = torch.optim.AdamW(reference.parameters(), lr=1e-2 / 25, weight_decay=0.01)
    F.cross_entropy(logits, torch.from_numpy(labels[order])).backward()
    optimiser.step()
    torch.testing.assert_close(_state(module), _state(reference), atol=1e-6, rtol=1e-5)


def test_every_row_is_in_exactly_one_batch_with_rows_of_its_length():
    rng = np.random.default_rng(0)
    ids = [np.zeros(length, dtype=int) for length in rng.integers(1, 200, size=1000)]
    batches = bucketed_batches(ids, 32, np.random.default_rng(1))
    assert sorted(np.concatenate(batches).tolist()) == list(range(1000))
    assert max(map(len, batches)) == 32
    padded = sum(len(rows) * max(len(ids[row]) for row in rows) for rows in batches)
    assert padded < 1.1 * sum(map(len, ids))
    other = bucketed_batches(ids, 32, np.random.default_rng(2))
    assert any((a.shape != b.shape) or (a != b).any() for a, b in zip(batches, other, strict=True))


def test_padding_is_masked_and_goes_right():
    batch = pad([np.array([5, 6, 7]), np.array([8])], pad_id=1)
    assert batch.input_ids.tolist() == [[5, 6, 7], [8, 1, 1]]
    assert batch.attention_mask.tolist() == [[1, 1, 1], [1, 0, 0]]
    assert pad([np.array([], dtype=int)], 1).input_ids.tolist() == [[1]]


def test_a_loss_that_is_not_finite_stops_before_the_weights_are_touched():
    ids, labels = _data(10)
    module = _Bag()
    before = _state(module).clone()

    def broken(*arguments):
        return classification(*arguments) * float("nan")

    with pytest.raises(KenshinError, match="loss is nan"):
        train(module, ids, labels, broken, TrainConfig(precision="fp32"))
    assert torch.equal(_state(module), before)


def test_label_as_text_is_the_cross_entropy_of_the_word_and_the_end():
    module = _Writer()
    objective = LabelAsText(label_tokens=(11, 12), start_token=1, end_token=2)
    input_ids = torch.tensor([[3, 4], [5, 6]])
    mask = torch.ones_like(input_ids)
    loss = objective(module, input_ids, mask, torch.tensor([0, 1]))
    table = F.log_softmax(module.embedding.weight, dim=1)
    expected = -(table[3, 11] + table[11, 2] + table[5, 12] + table[12, 2]) / 4
    torch.testing.assert_close(loss, expected)
    logits = objective.class_logits(module, input_ids, mask)
    torch.testing.assert_close(logits, module.embedding.weight[[3, 5]][:, [11, 12]])


@pytest.mark.parametrize(
    "changes",
    [{"epochs": 0}, {"batch_size": 0}, {"learning_rate": 0.0}, {"precision": "int8"}],
)
def test_wrong_settings_are_refused(changes):
    with pytest.raises(RequestError):
        TrainConfig(**changes)


def test_no_samples_are_refused():
    with pytest.raises(RequestError, match="no samples"):
        train(_Bag(), [], np.array([]), classification, TrainConfig())
