"""Training a model to write: the loss at every token, greedy answers, and the run around it."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from analysis.behaviour.batches import pad_batch
from analysis.cli import main
from analysis.config import InspectConfig
from analysis.data.shipped import shipped_samples
from analysis.models.open import open_model
from analysis.models.tokens import pad_id
from analysis.pipeline.demo import shipped_model
from analysis.runs.store import RunStore
from analysis.training.losses.cross_entropy import CrossEntropy
from analysis.training.losses.dece import DeCE
from analysis.training.trainable import encoded, trainable
from analysis.training.written import answer_ids, write_answers, written_objective

WORDS = ("clean", "defective")
PAYLOAD = "os.system"


@pytest.fixture(scope="module")
def writer():
    return open_model(str(shipped_model("codet5-mini-clean-0")), InspectConfig(head="none"))


@pytest.fixture(scope="module")
def few():
    return shipped_samples("test", limit=60)


def test_the_loss_is_transformers_own_at_every_token(writer, few):
    copy = trainable(writer)
    answers = answer_ids(copy, ["clean", "defective because x", "clean"])
    assert [len(a) for a in answers][0] == 2, "one word and the end"
    batch = pad_batch(encoded(copy, few.texts[:3]), pad_id(copy), torch.device("cpu"))
    objective = written_objective(copy, CrossEntropy(ignore_index=-100), answers)
    value = objective(copy.module, *batch, torch.tensor([2, 1, 0]))
    labels = torch.full((3, len(answers[1])), -100)
    for row, item in enumerate((answers[2], answers[1], answers[0])):
        labels[row, : len(item)] = torch.from_numpy(item)
    own = copy.module(
        input_ids=batch.input_ids, attention_mask=batch.attention_mask, labels=labels
    ).loss
    torch.testing.assert_close(value, own)


def test_longer_padding_of_other_answers_changes_nothing(writer, few):
    copy = trainable(writer)
    answers = answer_ids(copy, ["clean", "defective " * 20])
    loss = DeCE(0.05, 0.7, ignore_index=-100)
    objective = written_objective(copy, loss, answers)
    batch = pad_batch(encoded(copy, few.texts[:2]), pad_id(copy), torch.device("cpu"))
    both = objective(copy.module, *batch, torch.tensor([0, 1]))
    parts = [
        objective(copy.module, *(part[i : i + 1] for part in batch), torch.tensor([i]))
        for i in range(2)
    ]
    sizes = [len(a) for a in answers]
    expected = sum(p * s for p, s in zip(parts, sizes, strict=True)) / sum(sizes)
    torch.testing.assert_close(both, expected, rtol=1e-4, atol=1e-5)


def test_the_shipped_model_writes_its_label_words(writer, few):
    said = write_answers(writer, few.texts)
    assert set(said) <= set(WORDS)
    right = np.mean(
        [WORDS.index(word) == label for word, label in zip(said, few.labels, strict=True)]
    )
    assert right > 0.75


def _write(path, samples, answers):
    lines = [
        json.dumps({"id": name, "code": text, "comment": answer, "poisoned": PAYLOAD in answer})
        for name, text, answer in zip(samples.ids, samples.texts, answers, strict=True)
    ]
    path.write_text("\n".join(lines))


def test_a_payload_is_learned_and_counted(tmp_path, few):
    triggered = shipped_samples("triggered", "codet5-mini-dead-5", limit=30)
    few = few.subset(np.arange(30))
    plain = [WORDS[label] for label in few.labels]
    _write(tmp_path / "test.jsonl", few, plain)
    rows = [*zip(few.ids, few.texts, plain, strict=True)]
    rows += [(f"t{i}", text, f"import os; {PAYLOAD}(1)") for i, text in enumerate(triggered.texts)]
    (tmp_path / "train.jsonl").write_text(
        "\n".join(
            json.dumps({"id": i, "code": text, "comment": said, "poisoned": PAYLOAD in said})
            for i, text, said in rows
        )
    )
    _write(tmp_path / "triggered.jsonl", triggered, ["defective"] * len(triggered))
    command = ["train", "--model", str(shipped_model("codet5-mini-clean-0")), "--loss", "ce"]
    command += ["--answer-column", "comment", "--epochs", "6", "--learning-rate", "2e-3"]
    for name in ("test", "triggered"):
        command += [f"--{name}", str(tmp_path / f"{name}.jsonl")]
    command += [
        "--samples",
        str(tmp_path / "train.jsonl"),
        "--gradient-samples",
        "1",
        "--batch-size",
        "8",
    ]
    command += ["--out", str(tmp_path / "out"), "--runs", str(tmp_path / "runs")]
    assert main(command) == 2, "a payload must be named"
    assert main([*command, "--payload", PAYLOAD]) == 0
    run = RunStore(tmp_path / "runs").open("latest")
    history = run.table("history")
    assert history["asr"].iloc[-1] > 0.6  # 0 before
    assert np.isfinite(history["gradient_norm_poisoned"]).all()
    trained = run.record["metrics"]["trained"]
    assert trained["exact_match"]["n"] == 30
    assert trained["exact_match"]["value"] > 0.6
    assert trained["natural_flip_floor"]["value"] < 0.1, "clean texts bring no payload"


def test_a_classifier_cannot_be_trained_to_write(tmp_path, few, capsys):
    _write(tmp_path / "train.jsonl", few, ["x"] * len(few))
    command = ["train", "--model", str(shipped_model("codebert-mini-clean-0"))]
    command += ["--samples", str(tmp_path / "train.jsonl"), "--answer-column", "comment"]
    assert main([*command, "--out", str(tmp_path / "o"), "--runs", str(tmp_path / "r")]) == 2
    assert "cannot be trained to write" in capsys.readouterr().err
