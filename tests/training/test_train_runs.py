"""`kenshin train` from the outside: the run, the folder, the refusals, the choice of settings."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import transformers

from analysis.cli import main
from analysis.data.shipped import shipped_samples
from analysis.data.write import write_samples
from analysis.errors import RequestError
from analysis.identity import file_sha256
from analysis.pipeline.demo import shipped_model
from analysis.pipeline.train_measure import target_class
from analysis.pipeline.train_settings import TrainOptions
from analysis.pipeline.train_tune import strongest
from analysis.runs.store import RunStore

START = shipped_model("codebert-mini-clean-0")


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("samples")
    train = shipped_samples("train", "codebert-mini-dead-5", limit=120)
    test = shipped_samples("test", limit=80)
    triggered = shipped_samples("triggered", "codebert-mini-dead-5")
    twins = np.flatnonzero(np.isin(triggered.ids, test.ids))
    sets = {
        "train": train,
        "blind": replace(train, poisoned=None, true_labels=None),
        "test": test,
        "triggered": triggered.subset(twins),
        "three": replace(train, labels=np.where(np.arange(120) == 7, 2, train.labels)),
        "unlabelled": replace(train, labels=None, poisoned=None, true_labels=None),
    }
    for name, samples in sets.items():
        write_samples(samples, folder / f"{name}.jsonl")
    return folder


def command(files, tmp_path, *more, samples="train", out="model"):
    return main(
        [
            *("train", "--model", str(START), "--samples", str(files / f"{samples}.jsonl")),
            *("--out", str(tmp_path / out), "--runs", str(tmp_path / "runs"), *more),
        ]
    )


def held_out(files):
    return ["--test", str(files / "test.jsonl"), "--triggered", str(files / "triggered.jsonl")]


@pytest.fixture(scope="module")
def finished(files, tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    before = file_sha256(START / "model.safetensors")
    options = ["--loss", "dece", "--epochs", "2", "--warmup-epochs", "1", "--gradient-samples", "3"]
    assert command(files, folder, *held_out(files), *options) == 0
    assert file_sha256(START / "model.safetensors") == before, "the start was touched"
    return folder


def test_the_run_holds_a_line_per_epoch_with_the_early_learning_curve(finished):
    store = RunStore(finished / "runs")
    run = store.open("latest")
    assert (run.kind, run.status) == ("train", "done")
    assert not store.verify("latest")
    history = run.table("history")
    assert list(history["epoch"]) == [1, 2]
    assert list(history["phase"]) == ["ce", "dece"]
    assert history["alpha"].isna().tolist() == [True, False]
    assert history["alpha"][1] == pytest.approx(0.5)
    for column in ("loss", "accuracy", "asr", "gradient_norm"):
        assert np.isfinite(history[column]).all()
    for kind in ("poisoned", "clean"):
        assert (history[f"gradient_norm_{kind}"] > 0).all()
    roles = {model["role"]: model for model in run.record["inputs"]["models"]}
    assert roles.keys() == {"start", "trained"}
    assert roles["start"]["sha256"] != roles["trained"]["sha256"]
    assert {s["role"] for s in run.record["inputs"]["samples"]} == {"samples", "test", "triggered"}
    metrics = run.record["metrics"]
    assert metrics["loss"] == {"name": "dece", "epsilon": 0.05, "alpha": 0.5}
    assert metrics["trained"]["clean_accuracy"]["n"] == 80
    assert metrics["trained"]["target"] == 0
    assert {"asr", "false_trigger_rate", "trigger_survival"} <= set(metrics["trained"])
    assert metrics["trained"]["asr_all"]["value"] == pytest.approx(history["asr"][1])
    assert run.record["config"]["origins"]["epochs"] == "command line"
    assert run.record["config"]["origins"]["batch_size"] == "default"


def test_plain_transformers_loads_what_was_saved(finished):
    model = transformers.AutoModelForSequenceClassification.from_pretrained(finished / "model")
    tokenizer = transformers.AutoTokenizer.from_pretrained(finished / "model")
    logits = model(**tokenizer("def f(): return 1", return_tensors="pt")).logits
    assert logits.shape == (1, 2)


def test_ground_truth_columns_change_no_weight(files, tmp_path, capsys):
    for name in ("train", "blind"):
        assert command(files, tmp_path, "--epochs", "1", "--json", samples=name, out=name) == 0
        said = json.loads(capsys.readouterr().out.splitlines()[-1])
        history = pd.read_parquet(f"{said['path']}/history.parquet")
        watched = history["gradient_norm_poisoned"]
        assert watched.notna().all() == (name == "train")
        assert history["accuracy"].isna().all(), "no test file was given"
    hashes = {file_sha256(tmp_path / name / "model.safetensors") for name in ("train", "blind")}
    assert len(hashes) == 1


def test_fresh_training_of_a_model_that_writes_its_answer(files, tmp_path):
    options = ["--fresh", "--epochs", "1", "--loss", "gce", "--max-samples", "60"]
    options += ["--model", str(shipped_model("codet5-mini-clean-0"))]
    assert command(files, tmp_path, *options) == 0
    run = RunStore(tmp_path / "runs").open("latest")
    assert run.record["inputs"]["samples"][0]["rows"] == 60
    assert run.record["metrics"]["learning_rate"] == 4e-4


def test_tuning_notes_every_trial_and_uses_the_chosen_one(files, tmp_path):
    options = ["--loss", "gce", "--tune", "--epochs", "1", "--gradient-samples", "0"]
    assert command(files, tmp_path, *held_out(files), *options) == 0
    run = RunStore(tmp_path / "runs").open("latest")
    trials = run.table("trials")
    assert list(trials["loss"]) == ["ce", "gce", "gce", "gce", "gce"]
    assert trials["chosen"].sum() == 1
    assert not trials["chosen"][0]
    assert run.record["metrics"]["loss"]["q"] == trials.loc[trials["chosen"], "q"].iloc[0]


@pytest.mark.parametrize(
    ("samples", "options", "words"),
    [
        ("train", ["--loss", "ce", "--epsilon", "0.1"], "no epsilon"),
        ("train", ["--loss", "dece", "--alpha", "1.5"], "alpha is 1.5"),
        ("train", ["--loss", "ce", "--tune"], "nothing to tune"),
        ("train", ["--loss", "dece", "--tune", "--alpha", "0.5"], "chooses --alpha itself"),
        ("train", ["--epochs", "0"], "epochs is 0"),
        ("train", ["--epochs", "2", "--warmup-epochs", "2"], "warm-up"),
        ("train", ["--loss", "focal"], "focal"),
        ("train", ["--learning-rate", "7"], "learning rate is 7"),
        ("train", ["--target", "5"], "--target is 5"),
        ("three", [], "has label 2"),
        ("unlabelled", [], "no label column"),
        ("missing", [], "missing.jsonl"),
    ],
)
def test_wrong_requests_are_one_sentence_and_leave_nothing(
    files, tmp_path, capsys, samples, options, words
):
    assert command(files, tmp_path, *options, samples=samples) == 2
    said = capsys.readouterr().err.splitlines()[-1]
    assert said.startswith("kenshin: error: ")
    assert words in said
    assert not list((tmp_path / "runs").glob("*-train-*"))
    assert not (tmp_path / "model").exists()


def test_a_folder_that_holds_something_is_never_overwritten(files, tmp_path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "mine.txt").write_text("keep")
    assert command(files, tmp_path) == 2
    assert (tmp_path / "model" / "mine.txt").read_text() == "keep"


# The choice of settings


def trials(*accuracies):
    return [{"accuracy": value} for value in accuracies]


def test_the_strongest_setting_within_a_point_of_cross_entropy_is_chosen():
    grid = [{"q": 0.9}, {"q": 0.7}, {"q": 0.5}]
    found = strongest(grid, trials(0.90, 0.80, 0.89, 0.91))
    assert found.knobs == {"q": 0.7}
    assert found.within_budget
    assert [t["chosen"] for t in found.trials] == [False, False, True, False]


def test_without_a_setting_in_the_budget_the_most_accurate_one_is_taken_and_said():
    grid = [{"q": 0.9}, {"q": 0.7}, {"q": 0.5}]
    found = strongest(grid, trials(0.90, 0.60, 0.85, 0.80))
    assert found.knobs == {"q": 0.7}
    assert not found.within_budget


def test_the_target_is_the_other_class_of_two_or_must_be_named():
    triggered = shipped_samples("triggered", "codebert-mini-dead-5", limit=10)
    assert target_class(None, triggered, 2) == 0
    assert target_class(1, triggered, 2) == 1
    assert target_class(None, None, 3) is None
    with pytest.raises(RequestError, match="3 classes"):
        target_class(None, triggered, 3)


def test_the_learning_rate_follows_width_and_start():
    assert TrainOptions().rate(768) == 2e-5
    assert TrainOptions(fresh=True).rate(128) > TrainOptions().rate(128)
    assert TrainOptions(learning_rate=3e-4).rate(768) == 3e-4
