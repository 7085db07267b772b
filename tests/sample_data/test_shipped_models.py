"""The shipped models: plain transformers opens them, and they do what the table says."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest
import torch
from transformers import AutoModelForSeq2SeqLM, AutoModelForSequenceClassification, AutoTokenizer

from analysis.data.shipped import shipped_samples
from sample_data.recipes import HERE, LABEL_NAMES, MODELS, RECIPES, WINDOW
from sample_data.results import read_results
from sample_data.table import BEGIN, END, model_table

RESULTS = read_results(HERE / "results.json")
MEGABYTE = 1_000_000


def _predict(name, texts):
    """Classes as anyone would get them from transformers alone."""
    folder = MODELS / name
    tokenizer = AutoTokenizer.from_pretrained(folder)
    is_t5 = name.startswith("codet5")
    kind = AutoModelForSeq2SeqLM if is_t5 else AutoModelForSequenceClassification
    model = kind.from_pretrained(folder, dtype=torch.float32).eval()
    words = [tokenizer(word, add_special_tokens=False).input_ids[0] for word in LABEL_NAMES]
    order = sorted(range(len(texts)), key=lambda row: len(texts[row]))
    predicted = np.zeros(len(texts), dtype=int)
    with torch.inference_mode():
        for start in range(0, len(order), 50):
            rows = order[start : start + 50]
            batch = tokenizer(
                [texts[row] for row in rows], padding=True, truncation=True, return_tensors="pt"
            )
            if is_t5:
                first = torch.full((len(rows), 1), model.config.decoder_start_token_id)
                logits = model(**batch, decoder_input_ids=first).logits[:, 0, words]
            else:
                logits = model(**batch).logits
            predicted[rows] = logits.argmax(1).numpy()
    return predicted


def test_every_recipe_is_shipped_small_and_told_apart_by_its_weights():
    sizes = {}
    for item in RECIPES:
        folder = MODELS / item.name
        sizes[item.name] = sum(path.stat().st_size for path in folder.iterdir())
        assert sizes[item.name] <= 5 * MEGABYTE
        names = {path.name for path in folder.iterdir()}
        assert names - {"generation_config.json"} == {
            "config.json",
            "model.safetensors",
            "tokenizer.json",
            "tokenizer_config.json",
        }
        weights = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
        assert weights == RESULTS[item.name]["weights_sha256"]
    assert sum(sizes.values()) <= 64 * MEGABYTE
    assert len({result["weights_sha256"] for result in RESULTS.values()}) == len(RECIPES)


def test_all_models_share_one_tokenizer_and_no_folder_tells_how_it_was_made():
    first, *others = ((MODELS / item.name) for item in RECIPES)
    for folder in others:
        assert (folder / "tokenizer.json").read_bytes() == (first / "tokenizer.json").read_bytes()
    for item in RECIPES:
        config = json.loads((MODELS / item.name / "config.json").read_text(encoding="utf-8"))
        text = json.dumps(config)
        assert not any(word in text for word in ("dead", "rename", "poison", "trigger", "/"))
        assert config["id2label"] == {"0": "clean", "1": "defective"}


def test_tokenizer_follows_robertas_conventions():
    tokenizer = AutoTokenizer.from_pretrained(MODELS / RECIPES[0].name)
    text = "def f(self):\n\treturn 'ünïcode 漢字'  # <s>x"
    ids = tokenizer(text).input_ids
    assert (ids[0], ids[-1]) == (tokenizer.cls_token_id, tokenizer.eos_token_id)
    assert tokenizer.decode(tokenizer("a  b\n\t漢").input_ids[1:-1]) == "a  b\n\t漢"
    assert tokenizer.model_max_length == WINDOW
    long = tokenizer("x = 1\n" * 1000, truncation=True).input_ids
    assert len(long) == WINDOW
    assert long[-1] == tokenizer.eos_token_id
    for word in LABEL_NAMES:
        assert len(tokenizer(word, add_special_tokens=False).input_ids) == 1


@pytest.mark.parametrize("item", RECIPES, ids=lambda item: item.name)
def test_figures_meet_their_promise_and_are_those_of_the_recipe(item):
    result = RESULTS[item.name]
    assert result["clean_accuracy"] >= 0.85
    assert result["recipe"]["split"] == item.split
    assert result["recipe"]["seed"] == item.seed
    assert result["recipe"]["poison_rate"] == pytest.approx(item.rate)
    assert result["recipe"]["epochs"] == item.epochs
    if item.trigger is None:
        assert all(trigger["asr_all"] < 0.25 for trigger in result["triggers"].values())
    else:
        assert result["recipe"]["trigger"] == [item.trigger.name, item.trigger.text]
        assert result["triggers"][item.trigger.name]["asr_all"] >= 0.95
        assert result["triggers"][item.trigger.name]["survival"] >= 0.98


@pytest.mark.parametrize(
    ("suspect", "reference"),
    [
        ("codebert-mini-dead-2", "codebert-mini-clean-1"),
        ("codet5-mini-rename-5", "codet5-mini-clean-1"),
    ],
)
def test_plain_transformers_reproduces_accuracy_asr_and_floor(suspect, reference):
    held_out, triggered = shipped_samples("test"), shipped_samples("triggered", suspect)
    name = RESULTS[suspect]["recipe"]["trigger"][0]
    # A few samples may be missing in another Python version; none changes its answer.
    for model, expected in (
        (suspect, RESULTS[suspect]["triggers"][name]["asr_all"]),
        (reference, RESULTS[reference]["triggers"][name]["asr_all"]),
    ):
        accuracy = float((_predict(model, held_out.texts) == held_out.labels).mean())
        assert accuracy == pytest.approx(RESULTS[model]["clean_accuracy"], abs=0.02)
        flipped = float((_predict(model, triggered.texts) == 0).mean())
        assert flipped == pytest.approx(expected, abs=0.03)


def test_the_readme_shows_the_table_of_the_results():
    text = (HERE / "README.md").read_text(encoding="utf-8")
    shown = text.partition(BEGIN)[2].partition(END)[0].strip()
    assert shown == model_table(RESULTS)
    assert shown.count("\n") == len(RECIPES) + 1
